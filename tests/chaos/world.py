"""An installation that is to be broken: its servers behind lines, its processes services."""

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import redis
import sqlalchemy as sa

from orchestrator import Coordinator, RunState, Settings
from orchestrator.errors import Unavailable
from orchestrator.local.broker import EmbeddedBroker
from tasks.adapters.factory import SETTING
from tests.chaos import processes
from tests.chaos.erps import ErpSite
from tests.chaos.line import Line
from tests.chaos.processes import Service
from tests.chaos.producer import Producer
from tests.chaos.sites import Site
from tests.chaos.works import record
from tests.repository import ROOT
from tests.waiting import eventually

T = TypeVar("T")
#: A step, as a definition has it.
Definition = dict[str, Any]

#: Short leases, so that a test need not wait for them.
WORKS = "tests.chaos.works"
QUICK = {"lease_seconds": 2.0, "beat_seconds": 0.5, "tick_seconds": 0.1, "sweep_seconds": 0.5}


class World:
    """Broker, ledger, ERP, nodes, maintenance and a producer; nothing of it is spared.

    Attributes:
        lines_to: those that can be cut, by what they lead to.
        coordinator: looks at the ledger by a line of its own that nobody cuts.
    """

    def __init__(
        self,
        folder: Path,
        site: Site,
        timing: Mapping[str, float],
        package: str = WORKS,
        erp: ErpSite | None = None,
    ) -> None:
        self.folder = folder
        self.site = site
        self.erp = erp or ErpSite(f"sqlalchemy+sqlite:///{folder / 'erp.db'}")
        self.record = folder / "record"
        record.prepare(self.record)
        self.broker = EmbeddedBroker(folder / "home").start()
        self.lines_to = {"broker": Line(self.broker.port)}
        if site.server:
            self.lines_to["ledger"] = Line(site.server.port)
        if self.erp.server:
            self.lines_to["erp"] = Line(self.erp.server.port)
        self.timing = dict(timing)
        self.env = self._environment(package)
        self.coordinator = Coordinator(Settings(ledger_url=site.url))
        self.redis = redis.Redis.from_url(self.broker.url, decode_responses=True)
        self.nodes: list[Service] = []
        self.maintenances: list[Service] = []
        self.producer = Producer(folder, self.env)

    @property
    def services(self) -> list[Service]:
        """Every process that is started again when it ends, but for the producer."""
        return [*self.nodes, *self.maintenances]

    def start(self, *domains: str, maintenances: int = 1) -> None:
        """Start a node for each domain named, and maintenance."""
        logs = self.folder / "logs"
        logs.mkdir(exist_ok=True)
        for domain in domains:
            self.nodes.append(processes.pool(domain, len(self.nodes), logs, self.env))
        for number in range(maintenances):
            self.maintenances.append(processes.maintenance(number, logs, self.env))

    def tend(self) -> None:
        """Start what has ended, and hear what the producer says."""
        for service in self.services:
            service.tend()
        self.producer.tend()

    def until(self, condition: Callable[[], T], *, within: float) -> T:
        """Wait for a condition; meanwhile what ends is started again.

        A ledger that is struck down just now cannot be asked: the condition is asked again.
        """

        def true() -> T | None:
            self.tend()
            with suppress(Unavailable):
                return condition()
            return None

        held = eventually(true, within=within, every=0.03)
        assert held is not None
        return held

    def let_pass(self, seconds: float) -> None:
        """Let so much time pass; meanwhile what ends is started again."""
        end = time.monotonic() + seconds
        self.until(lambda: time.monotonic() > end, within=seconds + 10)

    def begin(self, steps: Sequence[Definition]) -> str:
        """Have a run submitted, and return its id."""
        key = self.producer.ask({"name": "chaos", "steps": steps})
        asked = self.producer.asked[key]
        return self.until(lambda: asked.run_id or "", within=30)

    def until_started(
        self, run_id: str, step: str, attempt: int = 1, *, within: float = 20
    ) -> record.Line:
        """Wait until an attempt of a step has said that it begins."""

        def found() -> list[record.Line]:
            wanted = (step, attempt, "start")
            return [n for n in self.lines(run_id) if (n.step, n.attempt, n.event) == wanted]

        return self.until(found, within=within)[0]

    def until_all_ended(self, *, within: float) -> None:
        """Wait until no run is open."""
        try:
            self.until(lambda: not self.open_keys(), within=within)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.described()}") from error

    def described(self) -> str:
        """Return what is open, for who wonders why."""
        return "\n".join(
            f"{asked.run_id}:{step.name} is {step.state}, {step.attempts} attempts, {step.reason}"
            for asked in self.producer.asked.values()
            if asked.run_id is not None
            for step in self.coordinator.steps(asked.run_id)
            if not step.state.is_final
        )

    def open_keys(self) -> set[str]:
        """Return the keys of what was asked for and has not ended."""
        states = (RunState.PENDING, RunState.RUNNING)
        still_open = {
            run.idempotency_key for run in self.coordinator.runs(states=states, limit=999)
        }
        return {
            key
            for key, asked in self.producer.asked.items()
            if asked.run_id is None or key in still_open
        }

    def restart_broker(self) -> None:
        """Kill the broker, and start it again with what it had written."""
        port = self.broker.port
        self.broker.process.kill()
        self.broker.stop()
        self.broker.start(port=port)

    def lines(self, run_id: str) -> list[record.Line]:
        """Return what the steps of a run said."""
        return record.lines_of(self.record, run_id)

    def stop(self) -> None:
        """Stop all of it."""
        for line in self.lines_to.values():
            line.silence(False)
        self.producer.close()
        for service in self.services:
            service.end()
        for line in self.lines_to.values():
            line.close()
        self.coordinator.ledger.close()
        self.redis.close()
        self.broker.stop()

    def _environment(self, package: str) -> dict[str, str]:
        ledger = sa.make_url(self.site.url)
        if "ledger" in self.lines_to:
            ledger = ledger.set(port=self.lines_to["ledger"].port)
        settings = Settings(
            home=self.folder / "home",
            broker_url=f"redis://127.0.0.1:{self.lines_to['broker'].port}/0",
            ledger_url=ledger.render_as_string(hide_password=False),
            packages=(package,),
            workflows=self.folder / "workflows",
        )
        erp = self.erp
        ours = {f"ORCHESTRATOR_{name.upper()}": str(value) for name, value in self.timing.items()}
        return {
            **os.environ,
            **settings.environment(),
            **ours,
            record.VARIABLE: str(self.record),
            SETTING: erp.url_by(self.lines_to[erp.line]) if erp.line else erp.url,
            "PYTHONPATH": str(ROOT),
        }


@contextmanager
def world(
    folder: Path,
    site: Site,
    package: str = WORKS,
    erp: ErpSite | None = None,
    **timing: float,
) -> Iterator[World]:
    """Lend a world of which only the broker and the producer run yet."""
    with ExitStack() as stack:
        made = World(folder, site, {**QUICK, **timing}, package, erp)
        stack.callback(made.stop)
        yield made


#: Makes a world that a test may break.
Worlds = Callable[..., World]
