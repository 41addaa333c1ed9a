"""The verbs of a producer and an operator: submit, look, wait, cancel.

    coordinator = Coordinator()
    run = coordinator.submit("offers", {"email": email}, idempotency_key=message_id)
    coordinator.wait(run.id, timeout=30).state

A run is one transaction. With the producer's own SQLAlchemy session it is the
producer's transaction, and the run exists if and only if that commits.
"""

import logging
import time
from collections.abc import Collection, Mapping
from functools import cached_property
from typing import Any

import sqlalchemy as sa
from celery import Celery
from kombu.exceptions import OperationalError
from sqlalchemy.orm import Session, SessionTransaction

from orchestrator import canvas
from orchestrator.application import Application
from orchestrator.celery_app import producer_app
from orchestrator.dispatcher import Dispatcher
from orchestrator.errors import Unavailable
from orchestrator.language.references import Missing, resolve
from orchestrator.ledger import Ledger, endings, outbox, submission, views
from orchestrator.ledger.definitions import Plans
from orchestrator.ledger.submission import Submission
from orchestrator.ledger.views import Event, Run, StepView
from orchestrator.plan import Plan, compile
from orchestrator.policies import Retry, Timeout
from orchestrator.settings import Settings
from orchestrator.states import Priority, RunState, StepState
from orchestrator.validation import validate
from orchestrator.validation.run_input import check_input
from orchestrator.workflow import Step, Workflow

log = logging.getLogger(__name__)

#: Where a producer's session keeps the runs that begin with its commit.
_TO_BEGIN = "orchestrator.to_begin"


class Coordinator:
    """Submits runs and answers questions about them; one is enough for a process.

    Raises:
        ConfigurationError: there is no ledger; to submit, no broker.
    """

    def __init__(
        self, settings: Settings | None = None, application: Application | None = None
    ) -> None:
        self.settings = (settings or Settings()).require_ledger()
        self._given = application
        self._sound: dict[str, Plan] = {}

    @cached_property
    def application(self) -> Application:
        """The tasks and workflows that can be submitted."""
        return self._given or Application.load(self.settings)

    @cached_property
    def ledger(self) -> Ledger:
        """Where runs are written."""
        return Ledger(self.settings.ledger_url)

    @cached_property
    def _app(self) -> Celery:
        return producer_app(self.settings)

    @cached_property
    def _dispatcher(self) -> Dispatcher:
        return Dispatcher(self.ledger, self._app, self._plans)

    @cached_property
    def _plans(self) -> Plans:
        return Plans(self.ledger)

    def submit(
        self,
        workflow: str | Workflow,
        run_input: Mapping[str, Any] | None = None,
        *,
        idempotency_key: str | None = None,
        priority: Priority | None = None,
        session: Session | None = None,
    ) -> Run:
        """Begin a run.

        Args:
            workflow: a workflow of the application by name, or one of your own.
            run_input: what `$input` refers to; values may be pydantic models.
            idempotency_key: the same key gives the same run, however often it is submitted.
            priority: of the run's steps; the workflow's, unless given.
            session: a session on the ledger's database. The run is written with it and
                begins when, and only if, its transaction commits.

        Raises:
            WorkflowError: the workflow, the input or the key is wrong; nothing is written.
            Unavailable: the ledger does not answer; nothing is written.
            InDoubt: it went away during the commit; with an idempotency key, submit again.

        A broker that does not answer is no error: the run begins when maintenance reaches it.
        """
        asked = self._asked(workflow, run_input or {}, priority, idempotency_key)
        if session is not None:
            run_id, new = submission.insert(session.connection(), asked)
            if new:
                self._begin_with(session, run_id)
            return views.run_in(session.connection(), run_id)
        with self.ledger.write() as connection:
            run_id, new = submission.insert(connection, asked)
            run = views.run_in(connection, run_id)
        if new:
            self._begin(run_id)
        return run

    def submit_task(
        self,
        task: str,
        inputs: Mapping[str, Any] | None = None,
        *,
        retry: Retry | None = None,
        timeout: Timeout | float | None = None,
        idempotency_key: str | None = None,
        priority: Priority | None = None,
    ) -> str:
        """Submit one task alone; return its id, the id of a run of one step.

        Raises:
            WorkflowError: the task is unknown or its inputs do not fit it.
            Unavailable: the ledger does not answer.
        """
        self.application.task(task)  # an unknown one is told before what would follow from it
        inputs = inputs or {}
        step = Step.model_validate(
            {
                "name": task.partition(".")[2],
                "task": task,
                "inputs": {name: f"$input.{name}" for name in inputs},
                "retry": retry or Retry(),
                "timeout": timeout,
            }
        )
        alone = Workflow(name=task, steps=(step,))
        return self.submit(alone, inputs, idempotency_key=idempotency_key, priority=priority).id

    def get_task_status(self, task_id: str) -> StepState:
        """Return the state of a task that was submitted alone.

        Raises:
            RunNotFound: no task has this id.
        """
        self.run(task_id)
        return self.steps(task_id)[0].state

    def cancel_task(self, task_id: str) -> bool:
        """Stop a task that was submitted alone; say whether it had not ended yet."""
        return self.cancel(task_id, reason="the task was cancelled")

    def cancel(self, run_id: str, *, reason: str = "the run was cancelled") -> bool:
        """Stop a run: open steps are cancelled, running ones finish.

        Returns:
            Whether the run had not ended yet.

        Raises:
            RunNotFound: no run has this id.
        """
        before = self.run(run_id)
        if before.state.is_final:
            return False
        ended = endings.cancel(self.ledger, run_id, reason=reason) is not None
        if ended and self.settings.broker_url:
            canvas.forget(self._app, run_id, self._plans(before.version))
        return True

    def find(self, beginning: str) -> str:
        """Return the id of the one run whose id begins so.

        Raises:
            RunNotFound: none does, or several do.
        """
        return views.find(self.ledger, beginning)

    def run(self, run_id: str) -> Run:
        """Return a run.

        Raises:
            RunNotFound: no run has this id.
        """
        return views.run(self.ledger, run_id)

    def runs(
        self, *, workflow: str | None = None, states: Collection[RunState] = (), limit: int = 50
    ) -> list[Run]:
        """Return runs, the newest first."""
        return views.list_runs(self.ledger, workflow=workflow, states=states, limit=limit)

    def steps(self, run_id: str) -> list[StepView]:
        """Return the steps of a run, in the order of its definition."""
        return views.list_steps(self.ledger, run_id)

    def events(self, run_id: str, *, after: int = 0) -> list[tuple[int, Event]]:
        """Return the events of a run with their numbers, those after number `after`."""
        return views.list_events(self.ledger, run_id, after=after)

    def results(self, run_id: str) -> dict[str, Any]:
        """Return what the steps of a run gave, plain JSON by step name."""
        return views.results(self.ledger, run_id)

    def result(self, run_id: str) -> Any:
        """Return what a run gave: its workflow's `result`, or what its last steps gave."""
        run = self.run(run_id)
        plan = self._plans(run.version)
        results = self.results(run_id)
        wanted = self._plans.workflow(run.version).result
        if wanted is not None:
            try:
                return resolve(wanted, run_input=run.input, results=results)
            except Missing:
                return None
        last = {name: results[name] for name in plan.sinks if name in results}
        return last.get(plan.sinks[0]) if len(plan.sinks) == 1 else last

    def plan(self, run_id: str) -> Plan:
        """Return the plan that a run follows."""
        return self._plans(self.run(run_id).version)

    def wait(self, run_id: str, *, timeout: float) -> Run:
        """Return a run when it has ended.

        Raises:
            RunNotFound: no run has this id.
            TimeoutError: it has not ended within `timeout` seconds.
        """
        until = time.monotonic() + timeout
        pause = 0.02
        while not (run := self.run(run_id)).state.is_final:
            if time.monotonic() > until:
                raise TimeoutError(
                    f"run {run_id} of workflow {run.workflow!r} is {run.state} after {timeout} s"
                )
            time.sleep(pause)
            pause = min(0.25, pause * 1.5)
        return run

    def _asked(
        self,
        workflow: str | Workflow,
        run_input: Mapping[str, Any],
        priority: Priority | None,
        key: str | None,
    ) -> Submission:
        self.settings.require_addresses()  # looking at runs needs no broker, beginning one does
        definition = self.application.workflow(workflow) if isinstance(workflow, str) else workflow
        tasks = self.application.tasks
        if definition.version not in self._sound:
            validate(definition, tasks)
            self._sound[definition.version] = compile(definition)
        return Submission(
            workflow=definition,
            plan=self._sound[definition.version],
            run_input=check_input(definition, tasks, run_input),
            priority=definition.priority if priority is None else priority,
            idempotency_key=key,
        )

    def _begin(self, run_id: str) -> None:
        try:
            self._dispatcher.dispatch(outbox.ready(self.ledger, run_id=run_id))
        except (OperationalError, Unavailable) as error:
            log.warning("run %s is written and begins later: %s", run_id, error)

    def _begin_with(self, session: Session, run_id: str) -> None:
        session.info.setdefault(_TO_BEGIN, []).append(run_id)
        if not sa.event.contains(session, "after_transaction_end", self._begin_waiting):
            sa.event.listen(session, "after_transaction_end", self._begin_waiting)

    def _begin_waiting(self, session: Session, transaction: SessionTransaction) -> None:
        if transaction.parent is not None:
            return  # a savepoint's end decides nothing
        # A run that was rolled back has no ready steps: beginning it finds nothing to do.
        for run_id in session.info.pop(_TO_BEGIN, []):
            self._begin(run_id)
