"""A whole installation for a test: broker, ledger, toy pools, maintenance, coordinator."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import redis
import sqlalchemy as sa

from orchestrator import Coordinator, Run, RunState, Settings, StepView, Workflow
from orchestrator.ledger import Ledger
from orchestrator.ledger import workers as pool_processes
from orchestrator.ledger.tables import workers
from orchestrator.local.broker import EmbeddedBroker
from orchestrator.local.process import stop, tail
from orchestrator.maintenance import Maintenance
from tests.integration.nursery import Nursling, nursery
from tests.toy.diary import VARIABLE, Entry, read
from tests.waiting import eventually

ROOT = Path(__file__).parents[2]
#: Short enough that a test can wait for a lease to end.
LEASE_SECONDS = 2.0


@dataclass
class Installation:
    """What a test may start, use, and break."""

    folder: Path
    settings: Settings
    server: EmbeddedBroker
    pools: list[Nursling] = field(default_factory=list)
    _helpers: list[tuple[threading.Event, threading.Thread, Maintenance]] = field(
        default_factory=list
    )

    def __post_init__(self) -> None:
        self.coordinator = Coordinator(self.settings)
        self.redis: redis.Redis = redis.Redis.from_url(self.server.url, decode_responses=True)

    @property
    def diary_file(self) -> Path:
        """Where the toy tasks say when they ran."""
        return self.folder / "diary"

    @property
    def ledger(self) -> Ledger:
        return self.coordinator.ledger

    def start_pool(self, concurrency: int = 2, **variables: str) -> Nursling:
        """Start a node of the toy pool and wait until its processes are in the ledger.

        Args:
            variables: more for its environment.
        """
        before = self._members()
        log = self.folder / "logs" / f"pool-{len(self.pools)}.log"
        environment = {**self.environment(), **variables}
        process = nursery().start(environment, log, concurrency=concurrency)
        self.pools.append(process)

        def started() -> bool:
            assert process.poll() is None or not tail(log, 40), tail(log, 40)
            return len(self._members() - before) >= concurrency

        eventually(started, within=30, every=0.05)
        return process

    def environment(self) -> dict[str, str]:
        """Return what a process of this installation has in its environment."""
        seconds = {
            "ORCHESTRATOR_LEASE_SECONDS": str(self.settings.lease_seconds),
            "ORCHESTRATOR_BEAT_SECONDS": str(self.settings.beat_seconds),
        }
        paths = {"PYTHONPATH": str(ROOT), VARIABLE: str(self.diary_file)}
        return {**self.settings.environment(), **seconds, **paths}

    def processes(self) -> int:
        """Return how many pool processes the ledger takes for alive."""
        return sum(pool_processes.alive(self.ledger).values())

    def _members(self) -> set[str]:
        """Return who has entered the ledger, also those who died a moment ago."""
        with self.ledger.read() as connection:
            return set(connection.execute(sa.select(workers.c.id)).scalars())

    def start_maintenance(self) -> None:
        """Start one more maintenance, in a thread."""
        end = threading.Event()
        maintenance = Maintenance(self.settings)
        thread = threading.Thread(target=maintenance.run, args=(end,), name="maintenance")
        thread.start()
        self._helpers.append((end, thread, maintenance))

    def stop_maintenance(self) -> None:
        """Stop every maintenance."""
        for end, thread, maintenance in self._helpers:
            end.set()
            thread.join()
            maintenance._ledger.close()
        self._helpers.clear()

    def stop(self) -> None:
        """Stop all of it."""
        self.stop_maintenance()
        stop(*self.pools, within=0.5)
        self.coordinator.ledger.close()
        self.redis.close()
        self.server.stop()

    def kill(self, pool: Nursling) -> None:
        """End a node as a power cut does; its processes end with it."""
        pool.send_signal(signal.SIGKILL)
        pool.wait()

    def submit(self, steps: list[dict[str, Any]], name: str = "toy", **options: Any) -> Run:
        """Begin a run of a workflow made for this test."""
        workflow = Workflow.model_validate({"name": name, "steps": steps})
        return self.coordinator.submit(workflow, **options)

    def run(self, steps: list[dict[str, Any]], *, within: float = 20, **options: Any) -> Run:
        """Begin a run and wait for its end."""
        return self.wait(self.submit(steps, **options), within=within)

    def wait(self, run: Run, *, within: float = 20) -> Run:
        """Return a run when it has ended, and show its steps when it has not."""
        try:
            return self.coordinator.wait(run.id, timeout=within)
        except TimeoutError as error:
            open_steps = [s for s in self.coordinator.steps(run.id) if not s.state.is_final]
            log = tail(self.folder / "logs" / "pool-0.log", 30)
            raise AssertionError(f"{error}: {open_steps[:5]}\n{log}") from error

    def succeed(self, steps: list[dict[str, Any]], **options: Any) -> Run:
        """Begin a run and wait until it has succeeded."""
        run = self.run(steps, **options)
        assert run.state is RunState.SUCCEEDED, (run.error, run.warnings)
        return run

    def steps(self, run: Run) -> dict[str, StepView]:
        return {step.name: step for step in self.coordinator.steps(run.id)}

    def diary(self, run: Run, event: str | None = None) -> list[Entry]:
        """Return what the tasks of a run noted, or only their starts or ends."""
        entries = read(self.diary_file, run.id)
        return [entry for entry in entries if event in (None, entry.event)]

    def until_started(self, run: Run, step: str, attempt: int = 1, *, within: float = 20) -> Entry:
        """Wait until an attempt of a step has noted its start."""

        def found() -> list[Entry]:
            starts = self.diary(run, "start")
            return [e for e in starts if e.step == step and e.attempt == attempt]

        return eventually(found, within=within)[0]

    def gate(self, name: str) -> Path:
        """Return the path of a file that a `toy.hold` waits for."""
        return self.folder / f"{name}.gate"


@contextmanager
def installation(folder: Path, ledger_url: str, **settings: Any) -> Iterator[Installation]:
    """Lend an installation with a broker of its own; pools and maintenance are not started."""
    with EmbeddedBroker(folder / "home") as server:
        chosen: dict[str, Any] = {
            "home": folder / "home",
            "broker_url": server.url,
            "ledger_url": ledger_url,
            "packages": ("tests.toy",),
            "workflows": folder / "workflows",
            "lease_seconds": LEASE_SECONDS,
            "beat_seconds": 0.4,
            "tick_seconds": 0.15,
            "sweep_seconds": 0.75,
        }
        lent = Installation(folder, Settings(**{**chosen, **settings}), server)
        try:
            yield lent
        finally:
            lent.stop()


#: Makes an installation that a test may break.
Factory = Callable[..., Installation]
