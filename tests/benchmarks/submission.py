"""How many runs a second one producer begins: one by one, many at once, and by hand.

    python -m tests.benchmarks.submission [--runs 500] [--pairs 5]

Of ten steps each; ours are written to the ledger and their first messages published, and a
chain written by hand in Celery, which nobody keeps, is published whole. No pool takes them:
what is measured is the producer.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from statistics import median

from celery import Celery
from rich.console import Console
from rich.table import Table

from orchestrator import Coordinator, Settings
from orchestrator.ledger import migrate
from orchestrator.local.broker import EmbeddedBroker
from tests.benchmarks import by_hand
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
    table = Table("runs a second", "by hand", *WAYS, *(f"{way} / by hand" for way in WAYS))
    with _ledgers() as (broker_url, ledgers):
        sender = by_hand.celery_app(broker_url)
        for name, coordinator in ledgers.items():
            ways = (
                partial(_by_hand, sender),
                partial(_one_by_one, coordinator),
                partial(_many, coordinator),
            )
            for way in ways:
                way(1)  # what is made once is made
            rounds = [[_rate(asked.runs, way) for way in ways] for _ in range(asked.pairs)]
            rates[name] = [median(of_one) for of_one in zip(*rounds, strict=True)]
            ratios = [median(each[n] / each[0] for each in rounds) for n in (1, 2)]
            table.add_row(
                name,
                *(f"{rate:.0f}" for rate in rates[name]),
                *(f"{ratio:.2f}" for ratio in ratios),
            )
    Console(width=100).print(table)
    goals = [
        Goal(f"PostgreSQL: runs submitted {way}", round(rate), wanted, "/s")
        for way, rate, wanted in zip(WAYS, rates["PostgreSQL"][1:], WANTED, strict=True)
    ]
    chart = Chart("submission", "One producer", "runs per second", ["by hand", *WAYS], rates)
    return Results(goals, [chart])


@contextmanager
def _ledgers() -> Iterator[tuple[str, dict[str, Coordinator]]]:
    """Lend the URL of a broker, and a coordinator on each ledger, by its name."""
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="submission-")))
        broker = stack.enter_context(EmbeddedBroker(home))
        server = stack.enter_context(postgres("fsync=on", "synchronous_commit=on"))
        made = {}
        urls = (f"sqlite:///{home}/ledger.db", stack.enter_context(server.database()))
        for name, url in zip(("SQLite", "PostgreSQL"), urls, strict=True):
            migrate(url)
            settings = Settings(
                home=home,
                broker_url=broker.url,
                ledger_url=url,
                packages=("tests.benchmarks.noop",),
            )
            made[name] = Coordinator(settings)
            stack.callback(made[name].ledger.close)
        yield broker.url, made


def _rate(runs: int, begin: Callable[[int], None]) -> float:
    began = time.perf_counter()
    begin(runs)
    return runs / (time.perf_counter() - began)


def _by_hand(sender: Celery, runs: int) -> None:
    for _ in range(runs):
        by_hand.chain(10, sender).apply_async()


def _one_by_one(coordinator: Coordinator, runs: int) -> None:
    for _ in range(runs):
        coordinator.submit(WORKFLOW)


def _many(coordinator: Coordinator, runs: int) -> None:
    coordinator.submit_many(WORKFLOW, [{}] * runs)


if __name__ == "__main__":
    main()
