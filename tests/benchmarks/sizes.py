"""What ten times as many steps cost: rates, the largest message, and the memory of the pool.

    python -m tests.benchmarks.sizes [--ledger sqlite|postgresql|both] [--short]

A fan-out, a chain and a layered DAG, each small and large, in turn. The rate of the large one
is to be that of the small one; messages and processes are to stay as small as they were.
The broker is watched meanwhile, which slows it down, and both alike: look at the ratios.
"""

import argparse
from collections.abc import Sequence

import psutil
from rich.console import Console
from rich.table import Table

from orchestrator import Workflow
from tests.benchmarks.figures import Goal, Results
from tests.benchmarks.messages import watched
from tests.benchmarks.sides import on_each_ledger
from tests.benchmarks.work import Work, chain, fan, layered

#: small and large
SIZES = {"fan-out": (1_000, 10_000), "chain": (500, 5_000), "layers of 10": (1_000, 10_000)}
SHORT = {"fan-out": (80, 160), "chain": (10, 20), "layers of 10": (20, 40)}


def main(arguments: Sequence[str] = ()) -> Results:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="sizes", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--ledger", choices=["sqlite", "postgresql", "both"], default="both")
    parser.add_argument("--short", action="store_true", help="only show that everything works")
    asked = parser.parse_args(arguments)
    goals = []
    table = Table("shape", "ledger", "steps", "steps/s", "ratio", "largest message", "process MB")
    with on_each_ledger(asked.ledger) as (broker_url, sides):
        for title, sizes in (SHORT if asked.short else SIZES).items():
            for side in sides:
                rates = []
                for size in sizes:
                    work = Work(title, 1, _workflow(title, size))
                    with watched(broker_url) as seen:
                        rates.append(work.steps / side.do(work))
                    table.add_row(
                        title,
                        side.name,
                        f"{work.steps:,}",
                        f"{rates[-1]:.0f}",
                        f"{rates[-1] / rates[0]:.2f}",
                        f"{seen.largest:,}",
                        f"{_process_mb():.0f}",
                    )
                ratio = round(rates[-1] / rates[0], 2)
                goals.append(Goal(f"{side.name}: rate of a large {title} / a small", ratio, 0.8))
    Console(width=110).print(table)
    return Results(goals)


def _workflow(title: str, size: int) -> Workflow:
    if title == "chain":
        return chain(size)
    return fan(size) if title == "fan-out" else layered(size // 10, 10)


def _process_mb() -> float:
    """Return the size of the largest process of a pool."""
    pools = [p for p in psutil.Process().children() if "celery" in p.cmdline()]
    return max(c.memory_info().rss for pool in pools for c in pool.children()) / 1e6


if __name__ == "__main__":
    main()
