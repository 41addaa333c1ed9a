"""Pictures of what was measured, to be read on a light page and on a dark one.

The figures lie beside the pictures, so that they are drawn again without measuring:

    python -m tests.benchmarks --redraw docs/performance
"""

from collections.abc import Sequence
from pathlib import Path

import pygal
from pygal.style import Style

from tests.benchmarks.figures import Chart, kept

WIDTH, HEIGHT = 900, 420
#: So many rows fit beside each other; more groups than this are written slantwise.
LEVEL_GROUPS = 6

#: Nothing behind, and a grey and colours that stand out from white and from black alike.
STYLE = Style(
    background="transparent",
    plot_background="transparent",
    foreground="#808890",
    foreground_strong="#808890",
    foreground_subtle="#80889055",
    guide_stroke_color="#80889055",
    major_guide_stroke_color="#80889077",
    opacity=".9",
    colors=(
        "#2f81f7", "#e8590c", "#2da44e", "#a371f7", "#d4a72c",
        "#e5534b", "#17a2b8", "#d6409f", "#7f8c5a", "#b08060",
    ),
    font_family="system-ui, sans-serif",
    title_font_size=17,
    label_font_size=13,
    major_label_font_size=13,
    legend_font_size=13,
    value_font_size=11,
)  # fmt: skip


def draw(folder: Path) -> None:
    """Draw each chart whose figures are in a folder, as SVG beside them."""
    for chart in kept(folder):
        (folder / f"{chart.name}.svg").write_text(svg(chart) + "\n", encoding="utf-8")


def svg(chart: Chart) -> str:
    """Return the picture of a chart."""
    kind = pygal.Line if chart.lines else pygal.Bar
    picture = kind(
        style=STYLE,
        width=WIDTH,
        height=HEIGHT,
        title=chart.title,
        y_title=chart.unit,
        x_label_rotation=0 if len(chart.groups) <= LEVEL_GROUPS else 25,
        legend_at_bottom=True,
        legend_at_bottom_columns=min(4, len(chart.rows)),
        logarithmic=chart.logarithmic,
        include_x_axis=not chart.logarithmic,
        print_values=False,
        truncate_legend=-1,
        truncate_label=-1,
        js=(),  # a picture that runs nothing
        show_dots=True,
        pretty_print=True,
        no_prefix=True,
    )
    picture.x_labels = list(chart.groups)
    for name, row in chart.rows.items():
        picture.add(name, _drawable(row))
    return str(picture.render(is_unicode=True, disable_xml_declaration=True))


def _drawable(row: Sequence[float | None]) -> list[float | None]:
    return [None if figure is None else round(figure, 4) for figure in row]
