"""How many runs a second one producer begins: one by one, and many at once.

    python -m tests.benchmarks.submission [--runs 500] [--pairs 5]

Of ten steps each; written to the ledger and their first messages published. No pool takes
them: what is measured is the producer.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from orchestrator import Coordinator, Settings
from orchestrator.ledger import migrate
from orchestrator.local.broker import EmbeddedBroker
from tests.benchmarks.figures import Chart, Goal, Results
from tests.benchmarks.work import chain
from tests.postgres import postgres

WORKFLOW = chain(10)
WAYS, WANTED = ("one by one", "many at once"), (200.0, 500.0)


def main(arguments: Sequence[str] = ()) -> Results:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="submission", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--runs", type=int, default=500, help="so many each time (500)")
    parser.add_argument("--pairs", type=int, default=5, help="how often each is measured (5)")
    parser.add_argument("--short", action="store_true", help="only show that everything works")
    asked = parser.parse_args(arguments)
    if asked.short:
        asked.runs, asked.pairs = 3, 1
    rates: dict[str, list[float]] = {}
    table = Table("runs a second", "one by one", "many at once", "ratio")
    with (
        tempfile.TemporaryDirectory() as made,
        EmbeddedBroker(Path(made)) as broker,
        postgres("fsync=on", "synchronous_commit=on") as server,
        server.database() as url,
    ):
        for name, ledger in {"SQLite": f"sqlite:///{made}/ledger.db", "PostgreSQL": url}.items():
            migrate(ledger)
            coordinator = Coordinator(
                Settings(
                    home=Path(made),
                    broker_url=broker.url,
                    ledger_url=ledger,
                    packages=("tests.benchmarks.noop",),
                )
            )
            coordinator.submit(WORKFLOW)  # what is made once is made
            pairs = [
                (_rate(asked.runs, _one_by_one, coordinator), _rate(asked.runs, _many, coordinator))
                for _ in range(asked.pairs)
            ]
            one, many = (median(rates) for rates in zip(*pairs, strict=True))
            ratio = median(b / a for a, b in pairs)
            table.add_row(name, f"{one:.0f}", f"{many:.0f}", f"{ratio:.1f}")
            rates[name] = [one, many]
            coordinator.ledger.close()
    Console(width=100).print(table)
    goals = [
        Goal(f"PostgreSQL: runs submitted {way}", round(rate), wanted, "/s")
        for way, rate, wanted in zip(WAYS, rates["PostgreSQL"], WANTED, strict=True)
    ]
    return Results(goals, [Chart("submission", "One producer", "runs per second", WAYS, rates)])


def _rate(runs: int, submit: Callable[[Coordinator, int], None], coordinator: Coordinator) -> float:
    began = time.perf_counter()
    submit(coordinator, runs)
    return runs / (time.perf_counter() - began)


def _one_by_one(coordinator: Coordinator, runs: int) -> None:
    for _ in range(runs):
        coordinator.submit(WORKFLOW)


def _many(coordinator: Coordinator, runs: int) -> None:
    coordinator.submit_many(WORKFLOW, [{}] * runs)


if __name__ == "__main__":
    main()
