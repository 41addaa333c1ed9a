"""What a pool's processes weigh at rest, and after ten thousand steps.

    python -m tests.benchmarks.memory [--steps 10000] [--ledger sqlite|postgresql|both] [--short]

Runs of a thousand steps one after another, and the memory that each process of the pool has for
itself (USS: what would be free if it ended) after each. Wanted is that nothing grows: what is
taken after the first thousand steps, when all has been imported and connected, is the measure.
"""

import argparse
import sys
from collections.abc import Sequence

import psutil
from rich.console import Console
from rich.table import Table

from tests.benchmarks.figures import Chart, Goal, Results
from tests.benchmarks.sides import Ours, on_each_ledger
from tests.benchmarks.work import Work, fan

#: Allocators and SQL caches breathe; what leaks once a step is more in ten thousand of them.
ALLOWED_MB = 1.0


def main(arguments: Sequence[str] = ()) -> Results:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="memory", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--steps", type=int, default=10_000, help="in all (10,000)")
    parser.add_argument("--ledger", choices=["sqlite", "postgresql", "both"], default="both")
    parser.add_argument("--short", action="store_true", help="only show that everything works")
    asked = parser.parse_args(arguments)
    width, rounds = (20, 2) if asked.short else (1_000, max(2, asked.steps // 1_000))
    taken: dict[str, list[float]] = {}
    with on_each_ledger(asked.ledger) as (_, sides):
        for side in sides:
            rows = _weighed(side, width, rounds)
            taken |= {f"{side.name}, {who}": row for who, row in rows.items()}
    return _told(taken, width)


def _weighed(side: Ours, width: int, rounds: int) -> dict[str, list[float]]:
    """Return the MB of the parent and of its largest child, at rest and after each round."""
    work = Work("", 1, fan(width))
    parent = psutil.Process(side.pools[0].pid)
    rows: dict[str, list[float]] = {"parent": [], "child": []}
    for number in range(rounds + 1):
        if number:
            side.do(work)
        rows["parent"].append(_mb(parent))
        rows["child"].append(max(_mb(child) for child in parent.children()))
    return rows


def _mb(process: psutil.Process) -> float:
    return float(process.memory_full_info().uss) / 1e6


def _told(taken: dict[str, list[float]], width: int) -> Results:
    table = Table("MB of its own", "at rest", f"after {width:,} steps", "at the end", "growth")
    goals = []
    for who, row in taken.items():
        growth = row[-1] - row[1]
        table.add_row(who, *(f"{mb:.1f}" for mb in (row[0], row[1], row[-1], growth)))
        goals.append(
            Goal(f"growth of the pool's {who}", round(growth, 2), ALLOWED_MB, " MB", at_most=True)
        )
    Console(width=110).print(table)
    groups = [f"{number * width:,}" for number in range(len(next(iter(taken.values()))))]
    chart = Chart(
        "memory", "A pool's processes", "MB after so many steps", groups, taken, lines=True
    )
    return Results(goals, [chart])


if __name__ == "__main__":
    main(sys.argv[1:])
