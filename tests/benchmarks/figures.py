"""What a benchmark found: figures to be drawn, and goals that were reached or missed."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

#: What is drawn over a group of things: a figure for each, None where there is none.
Row = Sequence[float | None]


@dataclass(frozen=True)
class Goal:
    """A figure that was wanted, and the one that was reached.

    Attributes:
        limit: the least that is wanted; with `at_most` the most.
        unit: after the figures, such as ` ×` or ` ms`.
    """

    what: str
    reached: float
    limit: float
    unit: str = " ×"
    at_most: bool = False

    @property
    def is_reached(self) -> bool:
        return self.reached <= self.limit if self.at_most else self.reached >= self.limit

    @property
    def wanted(self) -> str:
        return f"{'≤' if self.at_most else '≥'} {self.limit:g}{self.unit}"


@dataclass(frozen=True)
class Chart:
    """Figures that belong in one picture.

    Attributes:
        name: of its file.
        unit: what the figures count.
        groups: what stands along the bottom.
        rows: by the name of what they are of, a figure for each group.
        lines: the groups are an order, so that figures are joined by lines.
        logarithmic: figures differ by orders of magnitude.
    """

    name: str
    title: str
    unit: str
    groups: Sequence[str]
    rows: Mapping[str, Row]
    lines: bool = False
    logarithmic: bool = False


@dataclass(frozen=True)
class Results:
    """What a benchmark returns."""

    goals: Sequence[Goal] = ()
    charts: Sequence[Chart] = field(default=())


def keep(charts: Sequence[Chart], folder: Path) -> None:
    """Write each chart's figures beside its picture, so that it can be drawn again.

    Rows that are there already of a chart with the same groups stay unless they are new.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for chart in charts:
        file = folder / f"{chart.name}.json"
        written = asdict(chart)
        if file.is_file():
            before = json.loads(file.read_text())
            if before["groups"] == list(chart.groups):
                written["rows"] = {**before["rows"], **written["rows"]}
        file.write_text(json.dumps(written, indent=1, ensure_ascii=False) + "\n")


def kept(folder: Path) -> list[Chart]:
    """Return the charts whose figures are in a folder."""
    return [Chart(**json.loads(file.read_text())) for file in sorted(folder.glob("*.json"))]
