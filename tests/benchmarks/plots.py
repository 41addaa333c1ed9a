"""Pictures of what was measured, to be read on a light page and on a dark one.

The figures lie beside the pictures, so that they are drawn again without measuring:

    python -m tests.benchmarks --redraw docs/performance
"""

import math
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.etree.ElementTree import Element

import pygal
from pygal.style import Style

from tests.benchmarks.figures import Chart, kept

# A finder for its maps, of a kind that Python 3.11 warns of at each import and 3.12 ignores.
sys.meta_path[:] = [finder for finder in sys.meta_path if type(finder).__module__ != "pygal"]

WIDTH, HEIGHT = 900, 320
LEGEND_COLUMNS = 4
#: So many groups fit beside each other; more than this lie below each other.
BESIDE = 6
HEIGHT_OF_A_GROUP = 42

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
        "#e5534b", "#17a2b8", "#d6409f", "#7f8c5a", "#b08060", "#6b8fb5",
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
    lies = not chart.lines and len(chart.groups) > BESIDE
    legend = 70 + 22 * math.ceil(len(chart.rows) / LEGEND_COLUMNS)
    upright = pygal.Line if chart.lines else pygal.Bar
    picture = (pygal.HorizontalBar if lies else upright)(
        style=STYLE,
        width=WIDTH,
        height=(HEIGHT_OF_A_GROUP * len(chart.groups) if lies else HEIGHT) + legend,
        title=f"{chart.title} ({chart.unit})",
        legend_at_bottom=True,
        legend_at_bottom_columns=min(LEGEND_COLUMNS, len(chart.rows)),
        logarithmic=chart.logarithmic,
        truncate_legend=-1,
        truncate_label=-1,
        js=(),
        pretty_print=True,
        no_prefix=True,
    )
    if chart.logarithmic:
        picture.y_labels = list(_powers(chart))
    else:
        picture.include_x_axis = True
    picture.add_xml_filter(_without_scripts)
    order = -1 if lies else 1  # what lies is drawn from below
    picture.x_labels = list(chart.groups)[::order]
    for name, row in chart.rows.items():
        picture.add(name, _drawable(row)[::order])
    return str(picture.render(is_unicode=True, disable_xml_declaration=True))


def _without_scripts(root: Element) -> Element:
    """Take from a picture what would run in a browser."""
    for parent in list(root.iter()):
        for child in [child for child in parent if str(child.tag).endswith("script")]:
            parent.remove(child)
    return root


def _powers(chart: Chart) -> Iterator[float]:
    """Return the powers of ten among the figures, one below and one above them."""
    figures = [figure for row in chart.rows.values() for figure in row if figure]
    for power in range(
        math.floor(math.log10(min(figures))), math.ceil(math.log10(max(figures))) + 1
    ):
        yield 10.0**power


def _drawable(row: Sequence[float | None]) -> list[float | None]:
    return [None if figure is None else round(figure, 4) for figure in row]
