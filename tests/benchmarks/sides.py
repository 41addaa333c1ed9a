"""The two sides: each is a pool of two processes, and someone who gives it work and waits."""

import datetime as dt
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Protocol

from orchestrator import Coordinator, RunState, Settings
from orchestrator.ledger import migrate
from orchestrator.local.broker import EmbeddedBroker
from orchestrator.local.process import spawn, stop, tail
from orchestrator.maintenance import Maintenance
from tests.benchmarks import by_hand
from tests.benchmarks.work import Work, fan
from tests.postgres import postgres
from tests.waiting import eventually

REPOSITORY = Path(__file__).parents[2]
#: Longer than any work takes on a slow machine; a step was lost if it is passed.
PATIENCE_SECONDS = 300


class Side(Protocol):
    """One way to do the work."""

    name: str

    def do(self, work: Work) -> float:
        """Do it all; return the seconds from before the first submission to the last end."""


class Ours:
    """Workflows through the coordinator."""

    def __init__(
        self, name: str, settings: Settings, pools: Sequence[subprocess.Popen[bytes]]
    ) -> None:
        self.name = name
        self.coordinator = Coordinator(settings)
        self.pools = pools

    def do(self, work: Work) -> float:
        begun = dt.datetime.now(dt.UTC)
        submitted = [self.coordinator.submit(work.workflow).id for _ in range(work.runs)]
        # The ledger's times, so that how often we look makes nothing slower.
        runs = [self.coordinator.wait(run, timeout=PATIENCE_SECONDS) for run in submitted]
        for run in runs:
            assert run.state is RunState.SUCCEEDED, f"run {run.id} {run.state}: {run.error}"
            assert all(step.attempts == 1 for step in self.coordinator.steps(run.id))
        return max(run.ended_at - begun for run in runs if run.ended_at).total_seconds()


class ByHand:
    """Canvases through Celery."""

    name = "by hand"

    def do(self, work: Work) -> float:
        assert work.canvas is not None
        begun = time.perf_counter()
        results = [work.canvas().apply_async() for _ in range(work.runs)]
        for result in results:
            # Who lets errors propagate asks again and again for each earlier step's result.
            result.get(timeout=PATIENCE_SECONDS, propagate=False)
            assert result.successful(), f"task {result.id}: {result.result}"
        seconds = time.perf_counter() - begun
        for result in results:
            result.forget()  # or Celery keeps it, and those of its header, to the end
        return seconds


@contextmanager
def ours(
    name: str, home: Path, broker_url: str, ledger_url: str, *, processes: int = 2, nodes: int = 1
) -> Iterator[Ours]:
    """Our side, with its pool and maintenance, on a ledger.

    Args:
        processes: of each node of the pool.
    """
    settings = Settings(
        home=home,
        broker_url=broker_url,
        ledger_url=ledger_url,
        packages=("tests.benchmarks.noop",),
    )
    migrate(ledger_url)
    ended = threading.Event()
    maintenance = Maintenance(settings)
    rounds = threading.Thread(target=maintenance.run, args=(ended,))
    with ExitStack() as stack:
        pools = [
            stack.enter_context(
                _pool(
                    "our_pool",
                    (),
                    home / f"pool{number}.log",
                    settings.environment(),
                    processes=processes,
                )
            )
            for number in range(nodes)
        ]
        for pool, log in pools:
            _until_ready(pool, log)
        side = Ours(name, settings, [pool for pool, _ in pools])
        stack.callback(side.coordinator.ledger.close)
        stack.callback(maintenance.close)
        rounds.start()
        stack.callback(rounds.join)
        stack.callback(ended.set)
        yield side


@contextmanager
def ledgers(home: Path, chosen: str) -> Iterator[dict[str, str]]:
    """Lend ledgers that nobody has migrated yet, by the names they are shown under.

    Args:
        chosen: `sqlite`, `postgresql` or `both`.
    """
    found = {} if chosen == "postgresql" else {"SQLite": f"sqlite:///{home}/ledger.db"}
    if chosen == "sqlite":
        yield found
        return
    with postgres() as server, server.database() as url:
        yield {**found, "PostgreSQL": url}


@contextmanager
def on_each_ledger(chosen: str, *, processes: int = 2) -> Iterator[tuple[str, list[Ours]]]:
    """Lend our side on each ledger that is chosen, and the URL of the broker they share.

    Each has done its first steps: processes import and connect with these.
    """
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        broker = stack.enter_context(EmbeddedBroker(home))
        sides = []
        for number, (name, url) in enumerate(stack.enter_context(ledgers(home, chosen)).items()):
            address = f"redis://127.0.0.1:{broker.port}/{number}"
            side = ours(name, home / name, address, url, processes=processes)
            sides.append(stack.enter_context(side))
            sides[-1].do(Work("first", 1, fan(20)))
        yield broker.url, sides


@contextmanager
def hand_written(home: Path, broker_url: str) -> Iterator[ByHand]:
    """The other side, with its pool."""
    by_hand.app.conf.update(broker_url=broker_url, result_backend=broker_url)
    addresses = ("--broker", broker_url, "--result-backend", broker_url)
    with _pool("by_hand", addresses, home / "by_hand.log", dict(os.environ)) as (pool, log):
        _until_ready(pool, log)
        yield ByHand()


@contextmanager
def _pool(
    module: str,
    options: Sequence[str],
    log: Path,
    environment: dict[str, str],
    *,
    processes: int = 2,
) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    command = [sys.executable, "-m", "celery", "-A", f"tests.benchmarks.{module}", *options]
    command += [
        "worker",
        "--concurrency",
        str(processes),
        "--loglevel",
        "INFO",
        "--hostname",
        f"{log.stem}@%h",
    ]
    command += ["--without-gossip", "--without-mingle"]
    process = spawn(command, log=log, env={**environment, "PYTHONPATH": str(REPOSITORY)})
    try:
        yield process, log
    finally:
        stop(process, within=10)


def _until_ready(process: subprocess.Popen[bytes], log: Path) -> None:
    def is_ready() -> bool:
        if process.poll() is not None:
            raise RuntimeError(f"a pool ended before it was ready:\n{tail(log)}")
        return "ready." in tail(log, lines=1000)

    eventually(is_ready, within=120, every=0.1)
