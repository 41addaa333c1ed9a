"""A stack for tests: started, used, moved in time, and gone."""

import datetime as dt
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from orchestrator.application import Application
from orchestrator.coordinator import Coordinator
from orchestrator.ledger import moved_clock
from orchestrator.ledger.upkeep import pace
from orchestrator.ledger.upkeep.pace import Pace
from orchestrator.ledger.views import Run, StepView
from orchestrator.local.services import services
from orchestrator.local.stack import Stack
from orchestrator.settings import Settings
from orchestrator.testing.stuck import late, stuck
from orchestrator.workflow import Workflow

#: How long a test waits for something that goes on by itself, in real seconds.
WITHIN = 30.0

#: Nothing goes on when nothing was seen to for so long: a message may be between two hands.
_QUIET_SECONDS = 0.3
_LOOK_SECONDS = 0.03

#: Nobody shares this stack, so maintenance may look more often than in production.
_EAGER = {"tick_seconds": 0.05, "sweep_seconds": 0.5}


@contextmanager
def stack(
    packages: Sequence[str] = ("tasks",),
    *,
    workflows: str | Path | None = None,
    concurrency: int = 1,
    home: Path | None = None,
    **settings: Any,
) -> Iterator["EmbeddedStack"]:
    """Lend a stack of a broker, a ledger, maintenance, and a pool for each domain.

    Args:
        packages: whose tasks, providers and workflows it has.
        workflows: a folder of workflow files.
        concurrency: processes of each pool.
        home: a folder for its data and logs; otherwise one that is deleted at the end.
        settings: any other setting, such as `max_losses=1`.

    Raises:
        ConfigurationError: a package is not there, or there is no broker to start.
        Unavailable: a service did not start; the message ends with its log.
    """
    with ExitStack() as until_the_end:
        if home is None:
            folder = tempfile.TemporaryDirectory(prefix="orchestrator-")
            home = Path(until_the_end.enter_context(folder))
        chosen: dict[str, Any] = {"home": home, "packages": tuple(packages), **_EAGER, **settings}
        if workflows is not None:
            chosen["workflows"] = Path(workflows)
        own = Settings(**chosen)
        application = Application.load(own)
        # What this process can import, the services can: pytest has its own ideas of a path.
        path = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        parts = [
            replace(part, environment={**part.environment, **path})
            for part in services(own, application.domains, concurrency=concurrency)
        ]
        running = until_the_end.enter_context(Stack(own, parts))
        running.wait_until_ready()
        lent = EmbeddedStack(running, application)
        until_the_end.callback(lent.coordinator.ledger.close)
        yield lent


class EmbeddedStack:
    """A running stack, and time as its workflows see it.

    Attributes:
        coordinator: all the verbs: submit, cancel, signal, create_schedule, …
    """

    def __init__(self, running: Stack, application: Application) -> None:
        self.coordinator = Coordinator(running.settings, application)
        self._running = running

    @property
    def now(self) -> dt.datetime:
        """What time it is for timers, deadlines, backoffs and schedules."""
        with self.coordinator.ledger.read() as connection:
            return moved_clock.now(connection)

    def run(
        self,
        workflow: str | Workflow,
        run_input: Mapping[str, Any] | None = None,
        *,
        within: float = WITHIN,
        **options: Any,
    ) -> Run:
        """Begin a run, and return it when it goes no further by itself.

        It has ended then, or waits for time to pass, for an answer or for an operator.

        Args:
            within: real seconds that it may take.
            options: of `Coordinator.submit`.

        Raises:
            Stuck: something still goes on after `within` seconds.
        """
        return self.go_on(self.coordinator.submit(workflow, run_input, **options), within=within)

    def go_on(self, run: Run, *, within: float = WITHIN) -> Run:
        """Return a run when it goes no further by itself, as after an answer that you gave.

        Raises:
            Stuck: something still goes on after `within` seconds.
        """
        self._until_quiet(run.id, last=time.monotonic() + within)
        return self.coordinator.run(run.id)

    def run_to_end(
        self,
        workflow: str | Workflow | Run,
        run_input: Mapping[str, Any] | None = None,
        *,
        skip_waits: bool = False,
        skip_schedules: bool = False,
        within: float = WITHIN,
        **options: Any,
    ) -> Run:
        """Begin a run, or go on with one, and return it when it has ended.

        Args:
            skip_waits: whenever nothing but time has to pass, move the clock to the next
                time at which something is due: a timer, a deadline, a retry.
            skip_schedules: so that schedules, too, begin the runs that come due.
            within: real seconds that it may take.
            options: of `Coordinator.submit`.

        Raises:
            Stuck: it waits for an answer that nobody gives, for time that you do not skip,
                or is not done within its seconds; the message says which and the way out.
        """
        run = (
            workflow
            if isinstance(workflow, Run)
            else self.coordinator.submit(workflow, run_input, **options)
        )
        last = time.monotonic() + within
        while (seen := self._until_quiet(run.id, last=last, schedules=skip_schedules)) is not None:
            if not skip_waits or seen.next_at is None:
                raise stuck(self.coordinator, run.id)
            moved_clock.move(self.coordinator.ledger, (seen.next_at - seen.now).total_seconds())
        return self.coordinator.run(run.id)

    def skip(self, *, within: float = WITHIN, **length: float) -> dt.datetime:
        """Move the clock; return what time it is when all that came due has been done.

        Args:
            within: real seconds that it may take.
            length: as `timedelta` takes it: `days=3`, `hours=12`.
        """
        moved_clock.move(self.coordinator.ledger, dt.timedelta(**length).total_seconds())
        self._until_quiet(last=time.monotonic() + within)
        return self.now

    def step(self, run: Run, name: str) -> StepView:
        """Return a step of a run as it is now."""
        return next(step for step in self.coordinator.steps(run.id) if step.name == name)

    def result(self, run: Run) -> Any:
        """Return what a run gave."""
        return self.coordinator.result(run.id)

    def _until_quiet(
        self, run_id: str | None = None, *, last: float, schedules: bool = False
    ) -> Pace | None:
        """Wait until nothing goes on by itself, and return what there is; None: the run ended.

        Raises:
            Stuck: something still goes on at the time `last`.
            Unavailable: a service ended; the message has the end of its log.
        """
        quiet_since: float | None = None
        while run_id is None or not self.coordinator.run(run_id).state.is_final:
            self._running.check()
            seen = pace.look(self.coordinator.ledger, run_id, with_schedules=schedules)
            now = time.monotonic()
            if seen.is_busy:
                quiet_since = None
            elif now - (quiet_since := quiet_since or now) > _QUIET_SECONDS:
                return seen
            if now > last:
                raise late(self.coordinator, self._running.settings.home / "logs")
            time.sleep(_LOOK_SECONDS)
        return None
