"""Steps per second, ours beside the same work written by hand in Celery.

    python -m tests.benchmarks.throughput [--pairs 5] [--ledger sqlite|postgresql|both] [--short]

The sides take turns, every other round in reverse, so what the machine does besides
meets them alike; what is shown is the median over the rounds, with the lowest and the
highest, and the median of each round's ratio. PostgreSQL runs without fsync, as the
suite starts it; SQLite in WAL mode, as always. All use one broker, each its own database.
"""

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from orchestrator.local.broker import EmbeddedBroker
from tests.benchmarks.figures import Chart, Goal, Results
from tests.benchmarks.messages import Seen, watched
from tests.benchmarks.sides import Side, hand_written, ledgers, ours
from tests.benchmarks.work import Work, works


@dataclass
class Measured:
    """What one side did with one work, round by round."""

    rates: list[float] = field(default_factory=list)
    pushed: Seen = field(default_factory=Seen)


#: By work and side.
Found = dict[tuple[str, str], Measured]

#: How many times the rate of the same work by hand is wanted, work by work.
WANTED = (
    {"SQLite": 1.0, "PostgreSQL": 1.0},
    {"SQLite": 3.0, "PostgreSQL": 1.5},
    {"SQLite": 1.5, "PostgreSQL": 1.5},
)


def main(arguments: Sequence[str] = ()) -> Results:
    """Measure and print."""
    asked = _parser().parse_args(arguments)
    chosen = works(short=asked.short)
    with _sides(asked.ledger) as (broker_url, sides):
        results = {(work.title, side.name): Measured() for work in chosen for side in sides}
        for work, side in product(works(short=True), sides):
            side.do(work)  # processes import, connect and compile with their first steps
        for number in range(asked.pairs):
            for work, side in product(chosen, reversed(sides) if number % 2 else sides):
                results[work.title, side.name].rates.append(work.steps / side.do(work))
        for work, side in product(chosen, sides):
            with watched(broker_url) as results[work.title, side.name].pushed:
                side.do(work)
    names = [side.name for side in sides]
    Console(width=120).print(_rates(chosen, names, results), _sizes(chosen, names, results))
    return Results(_goals(chosen, names, results), [_chart(chosen, names, results)])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="throughput", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--pairs", type=int, default=5, help="rounds of all sides (5)")
    parser.add_argument("--ledger", choices=["sqlite", "postgresql", "both"], default="both")
    parser.add_argument("--short", action="store_true", help="only show that everything works")
    return parser


@contextmanager
def _sides(ledger: str) -> Iterator[tuple[str, list[Side]]]:
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="throughput-")))
        broker = stack.enter_context(EmbeddedBroker(home))
        databases = (f"redis://127.0.0.1:{broker.port}/{number}" for number in range(3))
        sides: list[Side] = [stack.enter_context(hand_written(home, next(databases)))]
        for name, url in stack.enter_context(ledgers(home, ledger)).items():
            sides.append(stack.enter_context(ours(name, home / name, next(databases), url)))
        yield broker.url, sides


def _rates(chosen: Sequence[Work], names: Sequence[str], results: Found) -> Table:
    table = Table("steps per second", *names, *(f"{n} / {names[0]}" for n in names[1:]))
    for work in chosen:
        by_hand, *others = (results[work.title, name].rates for name in names)
        ratios = [_ratio(own, by_hand) for own in others]
        table.add_row(
            f"{work.title} ({work.steps:,} steps)",
            *(_spread(rates) for rates in (by_hand, *others)),
            *(f"{ratio:.2f}" for ratio in ratios),
        )
    return table


def _goals(chosen: Sequence[Work], names: Sequence[str], results: Found) -> list[Goal]:
    goals = []
    for work, wanted in zip(chosen, WANTED, strict=True):
        by_hand = results[work.title, names[0]].rates
        for name in names[1:]:
            ratio = _ratio(results[work.title, name].rates, by_hand)
            goals.append(Goal(f"{name}: {work.title} / by hand", round(ratio, 2), wanted[name]))
    return goals


def _chart(chosen: Sequence[Work], names: Sequence[str], results: Found) -> Chart:
    rows = {name: [median(results[work.title, name].rates) for work in chosen] for name in names}
    titles = [work.title for work in chosen]
    return Chart("throughput", "Beside Celery by hand", "steps per second", titles, rows)


def _ratio(own: Sequence[float], by_hand: Sequence[float]) -> float:
    return median(a / b for a, b in zip(own, by_hand, strict=True))


def _sizes(chosen: Sequence[Work], names: Sequence[str], results: Found) -> Table:
    table = Table("largest message in bytes (messages)", *names)
    for work in chosen:
        row = [results[work.title, name].pushed for name in names]
        table.add_row(work.title, *(f"{seen.largest:,} ({seen.count:,})" for seen in row))
    return table


def _spread(rates: Sequence[float]) -> str:
    return f"{median(rates):.0f} ({min(rates):.0f}-{max(rates):.0f})"


if __name__ == "__main__":
    main()
