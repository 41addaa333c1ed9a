"""The verbs of a producer: submit, and all that a reader and an operator can do.

    coordinator = Coordinator()
    run = coordinator.submit("offers", {"email": email}, idempotency_key=message_id)
    coordinator.wait(run.id, timeout=30).state

A run is one transaction. With the producer's own SQLAlchemy session it is the
producer's transaction, and the run exists if and only if that commits.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from kombu.exceptions import OperationalError

from orchestrator.definition.policies import Retry, Timeout
from orchestrator.failpoints import reach
from orchestrator.ledger import outbox, submission, views
from orchestrator.ledger.chunks import chunks
from orchestrator.ledger.submission import Submission, Submitted
from orchestrator.ledger.views import Run
from orchestrator.progression import left_to_maintenance
from orchestrator.states import AnyPriority
from orchestrator.verbs.grouping import Grouping
from orchestrator.verbs.scheduler import Scheduler
from orchestrator.verbs.sharing import Sharing
from orchestrator.workflow import Step, Workflow

if TYPE_CHECKING:  # whoever has a session has loaded the ORM; nobody else needs a tenth of a second
    from sqlalchemy.orm import Session, SessionTransaction

#: Where a producer's session keeps the runs that begin with its commit.
_TO_BEGIN = "orchestrator.to_begin"


class Coordinator(Scheduler, Sharing, Grouping):
    """Submits runs, changes them, and answers questions; one is enough for a process.

    Raises:
        ConfigurationError: there is no ledger; to submit, no broker.
    """

    def submit(
        self,
        workflow: str | Workflow,
        run_input: Mapping[str, Any] | None = None,
        *,
        idempotency_key: str | None = None,
        priority: AnyPriority | None = None,
        session_id: str | None = None,
        session: "Session | None" = None,
    ) -> Run:
        """Begin a run.

        Args:
            workflow: a workflow of the application by name, or one of your own.
            run_input: what `$input` refers to; values may be pydantic models.
            idempotency_key: the same key gives the same run, however often it is submitted.
            priority: of the run's steps, such as `high`; the workflow's, unless given.
            session_id: the group of runs it belongs to, see `create_session`.
            session: an SQLAlchemy session on the ledger's database. The run is written with it and
                begins when, and only if, its transaction commits.

        Raises:
            WorkflowError: the workflow, the input or the key is wrong; nothing is written.
            SessionNotFound: no session has this id.
            Refused: the session is closed.
            Unavailable: the ledger does not answer; nothing is written.
            InDoubt: it went away during the commit; with an idempotency key, submit again.

        A broker that does not answer is no error: the run begins when maintenance reaches it.
        """
        self.settings.require_addresses()  # looking at runs needs no broker, beginning one does
        asked = self._asking(
            workflow,
            run_input or {},
            priority=priority,
            idempotency_key=idempotency_key,
            session_id=session_id,
        )
        if session is not None:
            run_id, new = submission.insert(session.connection(), asked)
            if new:
                self._begin_with(session, run_id)
            return views.run_in(session.connection(), run_id)
        with self.ledger.write() as connection:
            submitted = submission.insert_many(connection, [asked])
            run = submitted[0].run_in(connection)
            reach("coordinator.submitting")
        self._tell_of(asked, submitted)
        return run

    def submit_many(
        self,
        workflow: str | Workflow,
        inputs: Iterable[Mapping[str, Any]],
        *,
        idempotency_keys: Iterable[str] | None = None,
        priority: AnyPriority | None = None,
        session_id: str | None = None,
    ) -> list[str]:
        """Begin many runs of a workflow, many times faster than one by one; return their ids.

        Each transaction writes 500. Where the ledger goes away in between, those before have
        begun: with idempotency keys, submit all of them again.

        Args:
            inputs: of each run.
            idempotency_keys: as many.

        Raises:
            ValueError: there are more inputs than keys, or fewer.
            WorkflowError: the workflow, an input or a key is wrong; nothing is written.
            SessionNotFound: no session has this id.
            Refused: the session is closed.
            Unavailable: the ledger does not answer.
            InDoubt: it went away during a commit.
        """
        self.settings.require_addresses()
        given = list(inputs)
        keys = [None] * len(given) if idempotency_keys is None else list(idempotency_keys)
        asked = [
            self._asking(
                workflow, one, priority=priority, idempotency_key=key, session_id=session_id
            )
            for one, key in zip(given, keys, strict=True)
        ]
        ids: list[str] = []
        for part in chunks(asked):
            with self.ledger.write() as connection:
                submitted = submission.insert_many(connection, part)
            self._tell_of(part[0], submitted)
            ids += [each.run_id for each in submitted]
        return ids

    def _tell_of(self, asked: Submission, submitted: Iterable[Submitted]) -> None:
        """Publish the first steps of new runs; what cannot be sent now, maintenance sends.

        Args:
            asked: any of what was asked for; all is of one workflow.
        """
        reach("coordinator.submitted")
        self._plans.remember(asked.workflow, asked.plan)
        new = [each.first for each in submitted if each.is_new]
        with left_to_maintenance(f"{len(new)} runs are written and begin later"):
            try:
                self._progression.begin_all(new)
            except OperationalError:
                outbox.take_back(self.ledger, [told.run_id for told in new])
                raise

    def submit_task(
        self,
        task: str,
        inputs: Mapping[str, Any] | None = None,
        *,
        retry: Retry | None = None,
        timeout: Timeout | float | None = None,
        idempotency_key: str | None = None,
        priority: AnyPriority | None = None,
        session_id: str | None = None,
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
        run = self.submit(
            alone,
            inputs,
            idempotency_key=idempotency_key,
            priority=priority,
            session_id=session_id,
        )
        return run.id

    def _begin_with(self, session: "Session", run_id: str) -> None:
        session.info.setdefault(_TO_BEGIN, []).append(run_id)
        if not sa.event.contains(session, "after_transaction_end", self._begin_waiting):
            sa.event.listen(session, "after_transaction_end", self._begin_waiting)

    def _begin_waiting(self, session: "Session", transaction: "SessionTransaction") -> None:
        if transaction.parent is not None:
            return  # a savepoint's end decides nothing
        # A run that was rolled back has no ready steps: beginning it finds nothing to do.
        for run_id in session.info.pop(_TO_BEGIN, []):
            self._begin(run_id)
