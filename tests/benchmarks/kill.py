"""What the death of a worker costs: a fan-out in whose middle a process is killed.

    python -m tests.benchmarks.kill [--pairs 5] [--ledger sqlite|postgresql|both] [--short]

Two processes work at full speed; when half of the steps are done, one of them gets SIGKILL. The
run has to end, and each of its steps to be recorded once: that is checked in the ledger's log,
or there is no figure. The same work without the blow is done in turn.
"""

import argparse
import datetime as dt
import sys
from collections import Counter
from collections.abc import Sequence
from statistics import median

import psutil
import sqlalchemy as sa
from rich.console import Console
from rich.table import Table

from orchestrator import RunState
from orchestrator.ledger.tables import steps
from tests.benchmarks.figures import Chart, Goal, Results
from tests.benchmarks.sides import PATIENCE_SECONDS, Ours, on_each_ledger
from tests.benchmarks.work import fan
from tests.waiting import eventually


def main(arguments: Sequence[str] = ()) -> Results:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="kill", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--pairs", type=int, default=5, help="rounds with and without (5)")
    parser.add_argument("--ledger", choices=["sqlite", "postgresql", "both"], default="both")
    parser.add_argument("--short", action="store_true", help="only show that everything works")
    asked = parser.parse_args(arguments)
    width, pairs = (60, 1) if asked.short else (1_000, asked.pairs)
    rates: dict[str, list[tuple[float, float]]] = {}
    with on_each_ledger(asked.ledger) as (_, sides):
        for side in sides:
            rates[side.name] = [
                (_rate(side, width, kill=False), _rate(side, width, kill=True))
                for _ in range(pairs)
            ]
    return _told(rates, width)


def _rate(side: Ours, width: int, *, kill: bool) -> float:
    begun = dt.datetime.now(dt.UTC)
    run_id = side.coordinator.submit(fan(width)).id
    if kill:
        eventually(lambda: _done(side, run_id) >= width // 2, within=PATIENCE_SECONDS)
        psutil.Process(side.pools[0].pid).children()[0].kill()
        left = width + 2 - _done(side, run_id)
        assert left > 0, "it was over before anybody was killed"
    run = side.coordinator.wait(run_id, timeout=PATIENCE_SECONDS)
    assert run.state is RunState.SUCCEEDED, f"run {run.id} {run.state}: {run.error}"
    assert run.ended_at
    recorded = Counter(
        event.step for _, event in side.coordinator.events(run_id) if event.name == "step.succeeded"
    )
    assert set(recorded.values()) == {1}, recorded.most_common(3)
    assert len(recorded) == width + 2
    return (width + 2) / (run.ended_at - begun).total_seconds()


def _done(side: Ours, run_id: str) -> int:
    count = sa.select(sa.func.count()).where(steps.c.run_id == run_id, steps.c.state == "succeeded")
    with side.coordinator.ledger.read() as connection:
        return int(connection.execute(count).scalar_one())


def _told(rates: dict[str, list[tuple[float, float]]], width: int) -> Results:
    table = Table("steps per second", "nobody dies", "one of two is killed", "seconds it costs")
    medians = {}
    goals = []
    for name, pairs in rates.items():
        medians[name] = [median(pair[side] for pair in pairs) for side in (0, 1)]
        cost = median(width / killed - width / whole for whole, killed in pairs)
        table.add_row(name, *(f"{rate:.0f}" for rate in medians[name]), f"{cost:.1f}")
        goals.append(
            Goal(f"{name}: runs that lost a worker and ended, each step recorded once", len(pairs),
                 len(pairs), unit="")
        )  # fmt: skip
    Console(width=110).print(table)
    groups = ["nobody dies", "one of two is killed"]
    chart = Chart(
        "kill", f"A worker is killed in a fan-out of {width:,}", "steps per second", groups, medians
    )
    return Results(goals, [chart])


if __name__ == "__main__":
    main(sys.argv[1:])
