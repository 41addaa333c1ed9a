"""Steps per second beside other engines, each pinned in an environment of its own.

    python -m tests.benchmarks.rivals.racing [--only dbos,prefect] [--pairs 5] [--short]

The same three works as in `throughput`, with two worker processes on each side, or what comes
nearest to them: each driver in `drivers` says how its engine does them, and what it cannot do.
The sides take turns. An engine that is too slow does less of a work; rates are compared. One
whose fan-out stays inside a process is shown, and is not among those to be beaten at it.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from orchestrator.local.broker import EmbeddedBroker
from tests.benchmarks.environments import NotInstalled
from tests.benchmarks.figures import Chart, Goal, Results
from tests.benchmarks.rivals.sides import RIVALS, Driven, Rival, driven
from tests.benchmarks.sides import Ours, ours
from tests.benchmarks.work import Work, chain, fan
from tests.postgres import PostgresServer, postgres

TITLES = {"fan": "fan-out and join", "chain": "chain", "runs": "runs of ten steps"}
SIZES = {"fan": 1000, "chain": 200, "runs": 100}
SHORT = {"fan": 10, "chain": 3, "runs": 2}
#: How many times the best rival's rate is wanted.
WANTED = {"fan": 5.0, "chain": 2.5, "runs": 2.5}

#: Rates by side and shape, round by round.
Rates = dict[str, dict[str, list[float]]]


class OurSide:
    """Ours, asked as a rival is."""

    def __init__(self, side: Ours) -> None:
        self.title = f"ours, {side.name}"
        self._side = side

    def rate(self, shape: str, size: int) -> float:
        work = {
            "fan": lambda: Work("", 1, fan(size)),
            "chain": lambda: Work("", 1, chain(size)),
            "runs": lambda: Work("", size, chain(10)),
        }[shape]()
        return work.steps / self._side.do(work)


class TheirSide:
    """A rival's."""

    def __init__(self, side: Driven) -> None:
        self.title = side.rival.title
        self._side = side

    def rate(self, shape: str, size: int) -> float:
        size = min(size, self._side.rival.sizes.get(shape, size))
        steps = {"fan": size + 2, "chain": size, "runs": size * 10}[shape]
        return steps / self._side.do(shape, size)


def main(arguments: Sequence[str] = ()) -> Results:
    """Measure and print."""
    asked = _parser().parse_args(arguments)
    sizes = SHORT if asked.short else SIZES
    chosen = [rival for rival in RIVALS if asked.only is None or rival.name in asked.only]
    with _sides(chosen) as (our_sides, their_sides):
        sides = [*our_sides, *their_sides]
        rates: Rates = {side.title: {shape: [] for shape in sizes} for side in sides}
        for side in sides:
            for shape, size in SHORT.items():
                side.rate(shape, size)  # processes import and connect with their first steps
        for number in range(1 if asked.short else asked.pairs):
            for shape, size in sizes.items():
                for side in reversed(sides) if number % 2 else sides:
                    rates[side.title][shape].append(side.rate(shape, size))
    return _told(rates, [side.title for side in our_sides])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="rivals", description=(__doc__ or "").split("\n")[0])
    names = sorted({rival.name for rival in RIVALS})
    parser.add_argument(
        "--only", type=lambda text: text.split(","), help=f"of {', '.join(names)}, those"
    )
    parser.add_argument("--pairs", type=int, default=5, help="rounds of all sides (5)")
    parser.add_argument("--short", action="store_true", help="only show that everything works")
    return parser


@contextmanager
def _sides(chosen: Sequence[Rival]) -> Iterator[tuple[list[OurSide], list[TheirSide]]]:
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rivals-")))
        broker = stack.enter_context(EmbeddedBroker(home))
        server = stack.enter_context(postgres())
        ledgers = {
            "SQLite": f"sqlite:///{home}/ledger.db",
            "PostgreSQL": stack.enter_context(server.database()),
        }
        databases = (f"redis://127.0.0.1:{broker.port}/{number}" for number in range(16))
        our_sides = [
            OurSide(stack.enter_context(ours(name, home / name, next(databases), url)))
            for name, url in ledgers.items()
        ]
        their_sides = [
            TheirSide(side)
            for rival in chosen
            for side in _started(stack, rival, server, next(databases))
        ]
        yield our_sides, their_sides


def _started(
    stack: ExitStack, rival: Rival, server: PostgresServer, broker: str
) -> Iterator[Driven]:
    try:
        yield stack.enter_context(driven(rival, server, broker))
    except (NotInstalled, RuntimeError) as error:
        sys.stdout.write(f"{rival.title} takes no part: {error}\n")


def _told(rates: Rates, our_titles: Sequence[str]) -> Results:
    shapes = list(TITLES)
    table = Table("steps per second", *TITLES.values())
    for title, by_shape in rates.items():
        table.add_row(title, *(_spread(by_shape[shape]) for shape in shapes))
    goals = []
    for our_title in our_titles:
        row = []
        for shape in shapes:
            best, ratio = _best_ratio(rates, our_titles, our_title, shape)
            row.append(f"{ratio:.1f} × {best}")
            goals.append(Goal(f"{our_title}: {TITLES[shape]} / best rival", ratio, WANTED[shape]))
        table.add_row(f"{our_title} / the best rival", *row)
    Console(width=120).print(table)
    rows = {
        title: [median(by_shape[shape]) for shape in shapes] for title, by_shape in rates.items()
    }
    chart = Chart(
        "rivals", "Beside other engines", "steps per second", list(TITLES.values()), rows,
        logarithmic=True,
    )  # fmt: skip
    return Results(goals, [chart])


def _best_ratio(
    rates: Rates, our_titles: Sequence[str], our_title: str, shape: str
) -> tuple[str, float]:
    """Return the rival with the highest rate, and our ratio to it, the median of the rounds."""
    rivals: Mapping[str, list[float]] = {
        title: by_shape[shape]
        for title, by_shape in rates.items()
        if title not in our_titles and not (shape == "fan" and title.endswith("inside"))
    }
    best = max(rivals, key=lambda title: median(rivals[title]))
    own = rates[our_title][shape]
    return best, median(a / b for a, b in zip(own, rivals[best], strict=True))


def _spread(rates: Sequence[float]) -> str:
    return f"{_short(median(rates))} ({_short(min(rates))}-{_short(max(rates))})"


def _short(rate: float) -> str:
    return f"{rate:.0f}" if rate >= 10 else f"{rate:.1f}"


if __name__ == "__main__":
    main(sys.argv[1:])
