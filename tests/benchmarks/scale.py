"""How steps that sleep spread over worker nodes, and where the wall is beyond this machine.

    python -m tests.benchmarks.scale [--nodes 1,2,4,8] [--processes 1] [--pairs 3] [--short]

A fan-out of steps of 50 ms over PostgreSQL, on 1, 2, 4 and 8 nodes: efficiency is what is done
beside so many times what one node does; what is done of what processes could do that lose nothing
between steps is shown too. Meanwhile the seconds of
processor are counted that PostgreSQL, the broker and the pools take for each step, and the bytes
between them; `wall` makes a model of these, which is checked against the points measured.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

from orchestrator import Workflow
from orchestrator.local.broker import EmbeddedBroker
from tests.benchmarks.figures import Chart, Goal, Results
from tests.benchmarks.sides import Ours, ours
from tests.benchmarks.wall import Cost, Model, beyond
from tests.benchmarks.work import Work
from tests.postgres import postgres

SECONDS = 0.05
WANTED = 0.9
#: So many steps for each process, so that beginning and end do not count.
EACH = 60


@dataclass(frozen=True)
class Point:
    """What so many processes did.

    Attributes:
        processors: what of this machine's was busy, by anybody.
    """

    processes: int
    rate: float
    cost: Cost
    processors: float

    @property
    def of_all(self) -> float:
        """What is done of what could be done at no cost."""
        return self.rate * SECONDS / self.processes

    def efficiency(self, first: "Point") -> float:
        """Return what is done beside what as many of the first would do."""
        return self.rate / first.rate * first.processes / self.processes


def main(arguments: Sequence[str] = ()) -> Results:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="scale", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--nodes", default="1,2,4,8", help="how many, in turn (1,2,4,8)")
    parser.add_argument("--processes", type=int, default=1, help="of each node (1)")
    parser.add_argument("--pairs", type=int, default=3, help="how often each is measured (3)")
    parser.add_argument("--short", action="store_true", help="only show that everything works")
    asked = parser.parse_args(arguments)
    nodes = [1, 2] if asked.short else [int(number) for number in asked.nodes.split(",")]
    each, pairs = (3, 1) if asked.short else (EACH, asked.pairs)
    points = []
    for number in nodes:
        with _side(number, asked.processes) as (side, watched):
            _measured(side, watched, number * asked.processes, 3)  # all import and connect
            tries = [_measured(side, watched, number * asked.processes, each) for _ in range(pairs)]
            points.append(sorted(tries, key=lambda point: point.rate)[len(tries) // 2])
    return _told(points)


@contextmanager
def _side(nodes: int, processes: int) -> Iterator[tuple[Ours, dict[str, psutil.Process]]]:
    with (
        tempfile.TemporaryDirectory(prefix="scale-") as made,
        EmbeddedBroker(Path(made)) as broker,
        postgres() as server,
        server.database() as url,
        ours("nodes", Path(made) / "n", broker.url, url, processes=processes, nodes=nodes) as side,
    ):
        assert server._process
        yield (
            side,
            {
                "ledger": psutil.Process(server._process.pid),
                "broker": psutil.Process(broker.process.pid),
                **{f"pool {number}": psutil.Process(p.pid) for number, p in enumerate(side.pools)},
            },
        )


def _measured(side: Ours, watched: dict[str, psutil.Process], processes: int, each: int) -> Point:
    count = each * processes
    steps = [
        {"name": f"s{number}", "task": "bench.sleep", "inputs": {"seconds": SECONDS}}
        for number in range(count)
    ]
    work = Work("", 1, Workflow.model_validate({"name": "bench", "steps": steps}))
    psutil.cpu_percent()
    before, sent = {who: _cpu(process) for who, process in watched.items()}, _bytes()
    seconds = side.do(work)
    taken = {who: _cpu(process) - before[who] for who, process in watched.items()}
    cost = Cost(
        ledger=taken.pop("ledger") / count,
        broker=taken.pop("broker") / count,
        worker=sum(taken.values()) / count,
        bytes=(_bytes() - sent) / count,
    )
    return Point(processes, count / seconds, cost, psutil.cpu_percent() / 100 * psutil.cpu_count())


def _cpu(process: psutil.Process) -> float:
    """Return the seconds that a process and its children have taken, those included that ended."""
    total = 0.0
    times = process.cpu_times()
    total += times.user + times.system + times.children_user + times.children_system
    for child in process.children(recursive=True):
        of_child = child.cpu_times()
        total += of_child.user + of_child.system
    return total


def _bytes() -> int:
    # Everything talks over the loopback, where what is sent is also received.
    counters = psutil.net_io_counters(pernic=True)
    return sum(c.bytes_sent for name, c in counters.items() if name.startswith("lo"))


def _told(points: Sequence[Point]) -> Results:
    cost = Cost.median([point.cost for point in points[1:] or points])
    # With one process nobody waits for anybody: what is lost is between two steps.
    between = max(0.0, points[0].processes / points[0].rate - SECONDS)
    model = Model(cost, between, psutil.cpu_count() or 1)
    first = points[0]
    table = Table(
        "processes", "steps/s", "the model says", "efficiency", "of what is possible", "busy"
    )
    for point in points:
        table.add_row(
            str(point.processes),
            f"{point.rate:.0f}",
            f"{model.here(point.processes, SECONDS):.0f}",
            f"{point.efficiency(first):.2f}",
            f"{point.of_all:.2f}",
            f"{point.processors:.1f} of {psutil.cpu_count()}",
        )
    console = Console(width=120)
    console.print(table)
    sys.stdout.write(
        f"a step takes {cost.ledger * 1000:.2f} ms of a processor at the ledger, "
        f"{cost.broker * 1000:.2f} at the broker, {cost.worker * 1000:.2f} at the pool, "
        f"{cost.bytes:,.0f} bytes, and {between * 1000:.1f} ms between two\n"
    )
    console.print(beyond(model))
    goals = [
        Goal(f"efficiency of {p.processes} processes", round(p.efficiency(first), 2), WANTED, "")
        for p in points[1:]
    ]
    rows = {
        "measured": [point.rate for point in points],
        "the model": [model.here(point.processes, SECONDS) for point in points],
        "as many as one alone": [first.rate * p.processes / first.processes for p in points],
    }
    groups = [str(point.processes) for point in points]
    chart = Chart(
        "scale", "Steps of 50 ms", "steps per second by processes", groups, rows, lines=True
    )
    return Results(goals, [chart])


if __name__ == "__main__":
    main(sys.argv[1:])
