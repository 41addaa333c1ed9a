"""What a ledger of millions of steps costs beside an empty one.

    python -m tests.benchmarks.growth [--rows 1000000] [--pairs 5] [--ledger …] [--short]

Two ledgers of one kind, each with a pool of two processes; one has so many rows of steps, and the
events that belong to them. In turn: what a step costs in a fan-out and in a chain, and the
questions behind pages and commands, and what maintenance asks at each tick, sweep and pruning.
Then each statement that was sent meanwhile, by the pools too, is explained by the database: none
may go through the whole of a table that grows. At last, how fast rows are pruned that nobody
keeps, beside how fast they are made.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from orchestrator import RunState
from orchestrator.ledger.upkeep import backlog, pruning
from orchestrator.local.broker import EmbeddedBroker
from orchestrator.maintenance import Maintenance
from tests.benchmarks.figures import Chart, Goal, Results
from tests.benchmarks.filling import fill
from tests.benchmarks.sides import Ours, ours
from tests.benchmarks.statements import Scan, recorded, recording, scans, told_to_record
from tests.benchmarks.work import Work, chain, fan
from tests.postgres import PostgresServer, postgres

STEPS_A_RUN = 10
#: The empty ledger has as many runs as a page shows, or the pages would not be comparable.
A_PAGE = 60
ALLOWED = 1.2
FAN, CHAIN = "a step of a fan-out", "a step of a chain"
ASKED_EACH = 15
#: A question that is answered sooner is not worth a comparison.
NOTHING_MS = 1.0
KEEP_LONGEST = pruning.Policy(succeeded=365 * 86400.0, failed=365 * 86400.0)
KEEP_NOTHING = pruning.Policy(succeeded=0.0, failed=0.0)


@dataclass
class Figures:
    """What was measured on one kind of ledger, by what was asked, empty and full in pairs."""

    kind: str
    rows: int
    rows_a_run: float
    pairs: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    scans: Sequence[Scan] = ()
    pruned: float = 0.0
    made: float = 0.0

    def ratio(self, asked: str) -> float:
        """Return how many times as long the full ledger takes."""
        return median(full / empty for empty, full in self.pairs[asked])

    @property
    def is_even(self) -> dict[str, bool]:
        """Whether each took about as long on the full ledger."""
        return {
            asked: self.ratio(asked) <= ALLOWED
            or median(full for _, full in pairs) <= NOTHING_MS / 1000
            for asked, pairs in self.pairs.items()
        }


def main(arguments: Sequence[str] = ()) -> Results:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="growth", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000, help="of steps (1,000,000)")
    parser.add_argument("--pairs", type=int, default=5, help="how often steps are measured (5)")
    parser.add_argument("--ledger", choices=["sqlite", "postgresql", "both"], default="both")
    parser.add_argument("--short", action="store_true", help="only show that everything works")
    asked = parser.parse_args(arguments)
    if asked.short:
        asked.rows, asked.pairs = 2_000, 1
    found = []
    with postgres() as server:
        for kind in ("SQLite", "PostgreSQL"):
            if asked.ledger in (kind.lower(), "both"):
                with _both(kind, server) as (notes, empty, full):
                    figures = _filled(kind, asked.rows, empty, full)
                    with recording(notes):
                        _measure(figures, asked, empty, full)
                    found.append(_judged(figures, asked, notes, full))
    return _told(found)


@contextmanager
def _both(kind: str, server: PostgresServer) -> Iterator[tuple[Path, Ours, Ours]]:
    with (
        tempfile.TemporaryDirectory(prefix="growth-") as made,
        EmbeddedBroker(Path(made)) as broker,
        server.database() as postgres_one,
        server.database() as postgres_other,
    ):
        folder = Path(made)
        one, other = f"sqlite:///{folder}/empty.db", f"sqlite:///{folder}/full.db"
        if kind == "PostgreSQL":
            one, other = postgres_one, postgres_other
        second = broker.url.removesuffix("0") + "1"
        notes = folder / "statements"
        with (
            told_to_record(notes),
            ours("empty", folder / "e", broker.url, one) as empty,
            ours("full", folder / "f", second, other) as full,
        ):
            yield notes, empty, full


def _filled(kind: str, rows: int, empty: Ours, full: Ours) -> Figures:
    begun = time.perf_counter()
    for side, copies in ((empty, A_PAGE), (full, rows // STEPS_A_RUN)):
        run = side.coordinator.submit(chain(STEPS_A_RUN))
        side.coordinator.wait(run.id, timeout=60)
        written = fill(side.coordinator.ledger, run.id, copies)
    sys.stdout.write(f"{kind}: {written:,} rows in {time.perf_counter() - begun:.0f} s\n")
    return Figures(kind, written, written / copies)


def _measure(figures: Figures, asked: argparse.Namespace, empty: Ours, full: Ours) -> None:
    """Fill in how long steps and questions take on both."""
    width, length = (20, 10) if asked.short else (1000, 1000)
    for _ in range(asked.pairs):
        for title, work in (
            (FAN, Work("", 1, fan(width))),
            (CHAIN, Work("", 1, chain(length))),
        ):
            took = (empty.do(work) / work.steps, full.do(work) / work.steps)
            figures.pairs.setdefault(title, []).append(took)
    with (
        closing(Maintenance(empty.coordinator.settings)) as one,
        closing(Maintenance(full.coordinator.settings)) as other,
    ):
        of_full = dict(_questions(full, other))
        for title, question in _questions(empty, one):
            figures.pairs[title] = [
                (_seconds(question), _seconds(of_full[title])) for _ in range(ASKED_EACH)
            ]


def _judged(figures: Figures, asked: argparse.Namespace, notes: Path, full: Ours) -> Figures:
    """Fill in what the database says of the statements, and how fast it is emptied."""
    figures.scans = scans(
        full.coordinator.ledger.engine, recorded(notes), is_filled=not asked.short
    )
    rows_a_step = figures.rows_a_run / STEPS_A_RUN
    figures.made = rows_a_step / median(full for _, full in figures.pairs[FAN])
    figures.pruned = _pruned(full, figures.rows_a_run)
    return figures


def _seconds(question: Callable[[], object]) -> float:
    begun = time.perf_counter()
    question()
    return time.perf_counter() - begun


def _questions(side: Ours, maintenance: Maintenance) -> Iterator[tuple[str, Callable[[], object]]]:
    """Return what pages, commands and maintenance ask, by what it is."""
    coordinator, ledger = side.coordinator, side.coordinator.ledger
    (newest, *_) = coordinator.runs(limit=1)
    waiting = coordinator.submit(chain(3), priority="BACKGROUND").id
    failed = (RunState.FAILED,)
    yield "runs, the newest", coordinator.runs
    yield "runs that failed (none)", lambda: coordinator.runs(states=failed)
    yield "runs of a workflow (none)", lambda: coordinator.runs(workflow="rare")
    yield "a run by its first characters", lambda: coordinator.find(newest.id[:14])
    yield "a run and its steps", lambda: (coordinator.run(newest.id), coordinator.steps(newest.id))
    yield "a run's events", lambda: coordinator.events(newest.id)
    yield "why a run waits", lambda: coordinator.why(waiting)
    yield "the oldest that wait", lambda: backlog.levels(ledger)
    yield "a tick of maintenance", maintenance.tick
    yield "a sweep of maintenance", maintenance.sweep
    yield "pruning when all is kept", lambda: pruning.prune(ledger, KEEP_LONGEST, by="bench")


def _pruned(full: Ours, rows_a_run: float) -> float:
    """Return how many rows a second are pruned when nothing is kept."""
    begun = time.perf_counter()
    done = pruning.prune(full.coordinator.ledger, KEEP_NOTHING, by="bench", most=2_000)
    return done.runs * rows_a_run / (time.perf_counter() - begun)


def _goals(figures: Figures) -> list[Goal]:
    uneven = [asked for asked, is_even in figures.is_even.items() if not is_even]
    steps = [
        Goal(f"{asked}, full / empty", round(figures.ratio(asked), 2), ALLOWED, at_most=True)
        for asked in (FAN, CHAIN)
    ]
    longer = f"questions that take longer on {figures.rows:,} rows"
    goals = [
        *steps,
        Goal(longer, len(uneven), 0, "", at_most=True),
        Goal("statements that read a whole table", len(figures.scans), 0, "", at_most=True),
        Goal("rows pruned / rows made a second", round(figures.pruned / figures.made, 1), 1.0),
    ]
    return [replace(goal, what=f"{figures.kind}: {goal.what}") for goal in goals]


def _told(found: Sequence[Figures]) -> Results:
    table = Table("ms", *(part for f in found for part in (f"{f.kind}, empty", "full", "ratio")))
    goals = []
    for asked in found[0].pairs:
        row = []
        for figures in found:
            empty, full = (median(p[side] for p in figures.pairs[asked]) * 1000 for side in (0, 1))
            is_even = figures.is_even[asked]
            row += [
                f"{empty:.1f}",
                f"{full:.1f}",
                f"{figures.ratio(asked):.2f}{'' if is_even else ' !'}",
            ]
        table.add_row(asked, *row)
    Console(width=120).print(table)
    for figures in found:
        goals += _goals(figures)
        for scan in figures.scans:
            sys.stdout.write(f"{figures.kind} reads all: {scan.statement}\n    {scan.plan}\n")
        sys.stdout.write(
            f"{figures.kind}: {figures.pruned:,.0f} rows a second are pruned, "
            f"{figures.made:,.0f} are made\n"
        )
    groups = list(found[0].pairs)
    rows = {f.kind: [f.ratio(asked) for asked in groups] for f in found}
    chart = Chart("growth", f"{found[0].rows:,} rows beside none", "times as long", groups, rows)
    return Results(goals, [chart])


if __name__ == "__main__":
    main(sys.argv[1:])
