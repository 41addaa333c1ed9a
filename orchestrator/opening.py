"""Opening steps that no worker does: what they wait for begins, and nothing is held meanwhile.

A step is `ready` until it is opened, once, by whoever comes first: the process that set it
free, or maintenance. Whatever it needs is written in the transaction that makes it wait.
"""

import json
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from orchestrator import clock
from orchestrator.application import Application
from orchestrator.errors import LostRace, StepError, WorkflowError
from orchestrator.fair_key import fair_key_of
from orchestrator.language.references import Missing, resolve
from orchestrator.ledger import Ledger, submission
from orchestrator.ledger.definitions import Plans
from orchestrator.ledger.flow import children, consequences, maps
from orchestrator.ledger.flow.earlier import given, look
from orchestrator.ledger.flow.outcome import Failure, Outcome, kept
from orchestrator.ledger.flow.progress import Progress
from orchestrator.ledger.flow.starting import start_run
from orchestrator.ledger.locked import LockedRun, lock
from orchestrator.ledger.sessions import admission
from orchestrator.ledger.tables import runs, steps
from orchestrator.ledger.waiting import waits
from orchestrator.plan import Plan, PlannedStep
from orchestrator.scope import Scope
from orchestrator.states import RunState, StepState
from orchestrator.validation.run_input import InputReader
from orchestrator.workflow import Workflow

log = logging.getLogger(__name__)


class Opener:
    """Opens steps; as many of them as like may try the same one.

    Args:
        application: called when it is first needed; most steps are done by workers.
    """

    def __init__(
        self, ledger: Ledger, plans: Plans, application: Callable[[], Application]
    ) -> None:
        self._ledger = ledger
        self._plans = plans
        self._application = application
        #: of workflows that were begun as children, by version
        self._readers: dict[str, InputReader] = {}

    def open(self, run_id: str, step: str) -> Progress:
        """Open a step that is ready, or find that there is nothing to open any more.

        Raises:
            Unavailable: the ledger does not answer; maintenance tries again.
        """
        with self._ledger.write() as connection:
            run = lock(connection, run_id, exclusive=True)
            row = connection.execute(_ROW, {"run": run_id, "step": step}).one_or_none()
            if row is None or not run.is_live or row.state != StepState.READY:
                return Progress(run_id, run.version)
            if not _is_admitted(connection, run, step):
                return Progress(run_id, run.version)
            plan = self._plans(run.version)
            if run.state is RunState.PENDING:
                start_run(connection, run_id, clock.now())
            return self._begin(connection, run, plan, plan[step], row)

    def hear(self, run_id: str, step: str) -> Progress:
        """Give a step the result of the child run it waits for, if that has ended."""
        with self._ledger.write() as connection:
            run = lock(connection, run_id, exclusive=True)
            nothing = Progress(run_id, run.version)
            child = children.newest(connection, (run_id, step))
            if child is None or not RunState(child.state).is_final or not run.may_go_on:
                # A run that is undone waits until its children are.
                return replace(nothing, settle=run.ending is not None)
            plan = self._plans(run.version)
            outcome = children.outcome_of(
                connection,
                child,
                self._plans.workflow(child.version),
                self._plans(child.version),
                critical=plan[step].step.critical,
            )
            try:
                return consequences.conclude(
                    connection, run, plan, step, outcome, states=(StepState.WAITING,)
                )
            except LostRace:
                return nothing  # somebody else heard it first; nothing was written

    def _begin(
        self,
        connection: sa.Connection,
        run: LockedRun,
        plan: Plan,
        planned: PlannedStep,
        row: Any,
    ) -> Progress:
        earlier = look(connection, run.id, planned)
        results = given(row, earlier.results)
        try:
            ended = self._ended_at_once(planned, run, row, results, earlier.idle)
            if ended is None:
                done = self._start(connection, run, planned, row, results)
                if isinstance(done, Progress):
                    return done
                ended = done
        except Missing as missing:
            reason = f"it needs {missing.reference}, and {missing.reason}"
            ended = Outcome(StepState.SKIPPED, reason=reason)
        except (WorkflowError, StepError) as error:
            # Not what this process alone lacks, such as an answer of the ledger: the step stays
            # ready, and maintenance opens it.
            failure = Failure(type(error).__name__, kept(str(error)))
            ended = Outcome(StepState.FAILED, failure=failure, critical=planned.step.critical)
        return consequences.conclude(connection, run, plan, planned.step.name, ended)

    def _ended_at_once(
        self,
        planned: PlannedStep,
        run: LockedRun,
        row: Any,
        results: dict[str, str],
        idle: str | None,
    ) -> Outcome | None:
        if idle is not None:
            return Outcome(StepState.SKIPPED, reason=idle)
        step = planned.step
        if step.when is None:
            return None
        scope = Scope(self._application(), self._plans)
        if scope.admits(step, run.version, row.input, results):
            return None
        return Outcome(StepState.SKIPPED, reason=f"its condition {step.when!r} is false")

    def _start(
        self,
        connection: sa.Connection,
        run: LockedRun,
        planned: PlannedStep,
        row: Any,
        results: dict[str, str],
    ) -> Progress | Outcome:
        """Let a step wait; return its outcome if there is nothing to wait for."""
        told = Progress(run.id, run.version, planned.step.name, session=run.gate)
        plain = {name: json.loads(text) for name, text in results.items()}

        def read(value: Any) -> Any:
            return resolve(value, run_input=json.loads(row.input), results=plain)

        if planned.step.map is not None:
            return self._start_map(connection, run, planned, read(planned.step.map.over))
        if planned.step.workflow is not None:
            begun = self._start_child(connection, run, planned, row, read(planned.step.inputs))
            return replace(told, begun=(begun,))
        answered = waits.begin(connection, run, planned.step, read)
        return answered or told

    def _start_map(
        self, connection: sa.Connection, run: LockedRun, planned: PlannedStep, over: Any
    ) -> Progress | Outcome:
        step = planned.step
        if not isinstance(over, list):
            failure = Failure(
                "InputMismatch", f"the map of step {step.name!r} goes over a list, not {over!r}"
            )
            return Outcome(StepState.FAILED, failure=failure, critical=step.critical)
        if not over:
            return Outcome(StepState.SUCCEEDED, result=maps.gathered(connection, run.id, step))
        freed = maps.begin(connection, run, planned, over)
        return Progress(
            run.id,
            run.version,
            step.name,
            hops=tuple(freed.hops),
            openings=tuple(freed.openings),
            session=run.gate,
            turns=frozenset(freed.turns),
        )

    def _start_child(
        self,
        connection: sa.Connection,
        run: LockedRun,
        planned: PlannedStep,
        row: Any,
        inputs: dict[str, Any],
    ) -> str:
        name = planned.step.workflow or ""
        versions = json.loads(row.children or "{}")
        workflow = self._plans.workflow(versions[name])
        checked = self._reader(workflow, versions[name]).read(inputs)
        asked = submission.Submission(
            workflow=workflow,
            plan=self._plans(versions[name]),
            run_input=checked,
            priority=row.priority,
            idempotency_key=None,
            children=versions,
            parent=(run.id, planned.step.name),
            session=run.session,
            fair_key=fair_key_of(workflow, checked) or row.fair_key,
        )
        child, _ = submission.insert(connection, asked)
        children.wait(connection, run.id, planned.step.name, child, name)
        return child

    def _reader(self, workflow: Workflow, version: str) -> InputReader:
        if version not in self._readers:
            self._readers[version] = InputReader(workflow, self._application().tasks)
        return self._readers[version]


def _is_admitted(connection: sa.Connection, run: LockedRun, step: str) -> bool:
    if not run.is_gated or run.session is None:
        return True
    return admission.still_admits(connection, run.session, (run.id, step))


_ROW = (
    sa.select(
        steps.c.state,
        steps.c.item,
        steps.c.element,
        steps.c.priority,
        runs.c.input,
        runs.c.children,
        runs.c.fair_key,
    )
    .select_from(steps.join(runs, runs.c.id == steps.c.run_id))
    .where(steps.c.run_id == sa.bindparam("run"), steps.c.name == sa.bindparam("step"))
)
