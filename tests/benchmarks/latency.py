"""How long it is from the end of a step to the start of the next, on a system that is idle.

    python -m tests.benchmarks.latency [--runs 20]

As the tasks themselves see it: from the last that one does to the first that the next does.
Steps of one pool follow each other in a burst; those of two pools, and all of them where
bursts are turned off, by a message.
"""

import argparse
import tempfile
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from statistics import quantiles

from rich.console import Console
from rich.table import Table

from orchestrator.ledger import migrate
from tests.benchmarks.figures import Chart, Goal, Results
from tests.integration.installation import Installation, installation
from tests.postgres import postgres

LINKS = 20
MEASURED, WANTED_MS = ("median", "99 of 100 within"), (5.0, 20.0)


def main(arguments: Sequence[str] = ()) -> Results:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="latency", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--runs", type=int, default=20, help=f"chains of {LINKS} steps (20)")
    parser.add_argument("--short", action="store_true", help="only show that everything works")
    asked = parser.parse_args(arguments)
    asked.runs = 1 if asked.short else asked.runs
    goals, rows = [], {}
    table = Table("ms from a step to the next", "median", "99 of 100 within", "most")
    with tempfile.TemporaryDirectory() as made, postgres() as server, server.database() as url:
        ledgers = {"SQLite": f"sqlite:///{made}/ledger.db", "PostgreSQL": url}
        for name, ledger in ledgers.items():
            migrate(ledger)
            for bursts in (True, False):
                folder = Path(made) / f"{name}-{bursts}"
                folder.mkdir()
                gaps = _measured(folder, ledger, asked.runs, bursts=bursts)
                percent = quantiles(gaps, n=100)
                way = "in a burst" if bursts else "by a message"
                figures = (percent[49], percent[98], max(gaps))
                table.add_row(f"{name}, {way}", *(f"{value:.1f}" for value in figures))
                rows[f"{name}, {way}"] = figures
                goals += [
                    Goal(f"{name}, {way}: {what}", round(reached, 1), limit, " ms", at_most=True)
                    for what, reached, limit in zip(MEASURED, figures, WANTED_MS, strict=False)
                ]
    Console(width=100).print(table)
    chart = Chart("latency", "From a step to the next", "ms", [*MEASURED, "most"], rows)
    return Results(goals, [chart])


def _measured(folder: Path, ledger: str, runs: int, *, bursts: bool) -> list[float]:
    chain = [
        {"name": f"s{n}", "task": "toy.note", "after": [f"s{n - 1}"] if n else []}
        for n in range(LINKS)
    ]
    with installation(
        folder, ledger, bursts=bursts, lease_seconds=10, beat_seconds=3, tick_seconds=0.25
    ) as stack:
        stack.start_maintenance()
        stack.start_pool(2)
        stack.succeed(chain)
        return [gap for _ in range(runs) for gap in _gaps(stack, chain)]


def _gaps(stack: Installation, chain: list[dict[str, object]]) -> list[float]:
    noted = {(entry.step, entry.event): entry.at for entry in stack.diary(stack.succeed(chain))}
    names = [f"s{n}" for n in range(LINKS)]
    return [
        (noted[later, "start"] - noted[earlier, "end"]) * 1000 for earlier, later in pairwise(names)
    ]


if __name__ == "__main__":
    main()
