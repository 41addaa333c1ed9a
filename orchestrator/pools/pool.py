"""A pool: the Celery worker of one domain, and the one task body that it runs.

Every task of the application is registered under its own name, so logs, events and
Flower speak of `billing.charge_card`; the body of each is `execute`.
"""

import gc
import logging
import os
import secrets
from collections.abc import Callable, Collection
from typing import Any

from billiard.einfo import ExceptionWithTraceback  # type: ignore[attr-defined]  # not in the stubs
from billiard.exceptions import WorkerLostError
from celery import Celery, Task, bootsteps, signals
from celery._state import get_current_app
from celery.concurrency.prefork import TaskPool
from celery.worker.request import Request

from orchestrator import canvas, failpoints
from orchestrator.application import Application
from orchestrator.broker.celery_app import configure
from orchestrator.broker.queues import Queues
from orchestrator.errors import ConfigurationError, Unavailable
from orchestrator.executor import Executor
from orchestrator.failpoints import reach
from orchestrator.ledger import Ledger, workers
from orchestrator.ledger.flow.claim import Message
from orchestrator.permits.gate import Gate
from orchestrator.pools.attempts import Attempts
from orchestrator.pools.beat import Beat, touch
from orchestrator.progression import Progression
from orchestrator.settings import Settings

log = logging.getLogger(__name__)

#: How often a node looks for processes of its pool that have ended.
_LOOK_SECONDS = 0.5


class Pool(Celery):
    """The Celery application of a domain's pool, for `celery -A module worker`.

    Args:
        domain: whose tasks it runs; the name of its queue.
        settings: called once, late, so that importing a module reads no environment.
    """

    def __init__(self, domain: str, settings: Callable[[], Settings] = Settings) -> None:
        super().__init__(domain)
        self.domain = domain
        self.read_settings = settings
        self.application: Application | None = None
        self.beat: Beat | None = None
        self.attempts: Attempts | None = None
        configure(self, settings, queue=domain)
        self.steps["worker"].update((PreloadStep, BeatStep))
        self.on_after_finalize.connect(_register_tasks)

    def load(self) -> Application:
        """Return the application, loaded once."""
        if self.application is None:
            self.application = Application.load(self.read_settings())
        return self.application

    def connect(self) -> Attempts:
        """Open the ledger in a process of the pool, and enter the process as a worker.

        Raises:
            Unavailable: the ledger does not answer.
        """
        settings = self.read_settings()
        ledger = Ledger(settings.ledger_url, plans_once=True)
        lease_seconds = settings.lease_seconds
        application = self.load()
        knows = [name for name, task in application.tasks.items() if task.domain == self.domain]

        def enter() -> str:
            worker = secrets.token_hex(16)
            node = self.beat.node if self.beat else worker
            workers.register(
                ledger,
                worker,
                pool=self.domain,
                node=node,
                lease_seconds=lease_seconds,
                knows=knows,
            )
            return worker

        gate = Gate(ledger, self, application, settings)
        self.attempts = Attempts(
            self,
            Executor(ledger, application, settings, enter, gate),
            Progression(ledger, self, gate.plans, lambda: application),
            Queues(settings.broker_url),
            bursts=settings.bursts,
        )
        return self.attempts


class PreloadStep(bootsteps.Step):
    """Loads what the pool's processes share, before they are forked."""

    def create(self, parent: Any) -> None:
        """Load it."""
        parent.app.load().preload(parent.app.domain)
        gc.collect()
        gc.freeze()  # or a process that looks for garbage would copy all that it shares


class BeatStep(bootsteps.StartStopStep):
    """Starts to beat once the pool's processes are forked.

    It does not stop the beat: Celery stops it before the pool, whose last steps still run.
    """

    requires = ("celery.worker.components:Pool",)

    def __init__(self, parent: Any, **options: Any) -> None:
        super().__init__(parent, **options)
        if not issubclass(parent.pool_cls, TaskPool):
            raise ConfigurationError(
                f"pool {parent.app.domain!r} cannot run in {parent.pool_cls.__module__!r}: a step "
                "that hangs must be ended, and only a process can be; leave --pool out"
            )
        failpoints.arm_from(os.environ)  # of a pool that is started by `celery worker`
        # Made before the pool forks, so that its processes know their node.
        parent.app.beat = Beat(parent.app.read_settings(), lambda: _pids(parent))
        self._look: Any = None

    def start(self, parent: Any) -> None:
        """Start to beat."""
        parent.app.beat.start()

    def stop(self, parent: Any) -> None:
        """Leave it to `_leave`."""

    def register_with_event_loop(self, parent: Any, hub: Any) -> None:
        """Look for processes that have ended more often than Celery does.

        Celery is told at once when a process ends, but by a pipe that closes a moment before
        the process can be waited for: it finds nothing, and looks again after 5 s.
        """
        if self._look is not None:
            self._look.cancel()  # from before the broker was lost
        self._look = hub.call_repeatedly(_LOOK_SECONDS, parent.pool.maintain_pool)


#: What the task returns where its message was refused.
_REFUSED = "refused"


class StepRequest(Request):
    """A message at work, as the parent process sees it."""

    def send_event(self, type: str, **fields: Any) -> None:  # noqa: A002 (Celery's name for it)
        """Tell Flower what becomes of the step: a message that was refused did not do it.

        Celery's `Ignore` says so too, and takes longer than all the rest of a refusal: its
        traceback is made twice, with the positions of all code in it, and sent to the parent.
        """
        if fields.get("result") != repr(_REFUSED):
            super().send_event(type, **fields)

    def on_failure(self, exc_info: Any, *args: Any, **options: Any) -> Any:
        """Strike off a process that died at work, before its message goes back."""
        error = exc_info.exception
        if isinstance(error, ExceptionWithTraceback):
            error = error.exc
        died = isinstance(error, WorkerLostError | SystemExit)
        if died and self.worker_pid is not None:
            pool: Any = self.task.app
            pool.beat.strike_off(self.worker_pid)
        return super().on_failure(exc_info, *args, **options)

    def acknowledge(self) -> None:
        """Give the message up: what it asked for is written, and what follows is sent."""
        reach("pool.acknowledging")
        super().acknowledge()
        reach("pool.acknowledged")


class StepTask(Task):  # type: ignore[type-arg]  # generic in the stubs only
    """What every task of the application is to Celery."""

    Request = f"{__name__}:{StepRequest.__name__}"
    app: Pool


def execute(self: StepTask, run_id: str, step: str, attempt: int) -> str | None:
    """Follow the message of a step."""
    attempts = self.app.attempts or self.app.connect()
    level = (self.request.delivery_info or {}).get("priority")
    grant = (self.request.headers or {}).get(canvas.GRANT)
    message = Message(run_id, step, attempt, level, None if grant is None else tuple(grant))
    return None if attempts.follow(message, self.request) else _REFUSED


def _register_tasks(sender: Pool, **_: Any) -> None:
    for name in sender.load().tasks:
        sender.task(base=StepTask, name=name, bind=True, typing=False)(execute)


@signals.worker_process_init.connect
def _connect(**_: Any) -> None:
    pool = get_current_app()
    if isinstance(pool, Pool):
        try:
            pool.connect()
        except Unavailable as error:
            log.warning("this process enters the ledger with its first step: %s", error)


@signals.worker_ready.connect
def _show(sender: Any, **_: Any) -> None:
    """Show at once, not at the first beat, that the worker takes messages."""
    if isinstance(sender.app, Pool):
        touch(sender.app.read_settings().beat_file)


@signals.worker_shutdown.connect
def _leave(sender: Any, **_: Any) -> None:
    """Stop to beat: the last process of the pool has ended."""
    if isinstance(sender.app, Pool) and sender.app.beat is not None:
        sender.app.beat.stop()


def _pids(worker: Any) -> Collection[int]:
    processes = worker.pool._pool._pool  # noqa: SLF001 - billiard's list
    # One that is being forked has none yet, and waits for the beat that asks.
    return [process.pid for process in processes if process.pid is not None]
