"""The names of seed 004 over our verbs: one class for those who know them.

    with OrchestrationEngine() as engine:
        session = engine.create_session("month end", mode="sequential")
        run = engine.execute_workflow("invoices", {"month": "2030-01"}, session.id)
        engine.get_health_status().state

Each method is a verb of `Coordinator`, a question of `WorkflowDAG` or a `ParallelExecutor`;
nothing is done here that those do not do.
"""

import math
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from functools import cached_property
from typing import Any, Self

from orchestrator.application import Application
from orchestrator.coordinator import Coordinator
from orchestrator.errors import DAGValidationError, WorkflowError
from orchestrator.facade.background import Background
from orchestrator.facade.dag import UNNAMED, AnyTask, TaskSpec, WorkflowDAG, specs_of, workflow_of
from orchestrator.facade.health import Health, health
from orchestrator.facade.parallel import ExecutionResult, ParallelExecutor
from orchestrator.facade.status import SystemStatus, status
from orchestrator.ledger.sessions.sessions import Session
from orchestrator.ledger.views import Run
from orchestrator.listening.handlers import EventHandlers, Handler
from orchestrator.settings import Settings
from orchestrator.states import ExecutionMode, StepState
from orchestrator.validation import validate
from orchestrator.workflow import Step, Workflow


class OrchestrationEngine:
    """Sessions, workflows, tasks, and how all of them are; one is enough for a process.

    Attributes:
        coordinator: all that can be asked for, under our own names.

    Raises:
        ConfigurationError: there is no ledger or no broker, or a package fails to import.
    """

    def __init__(
        self, settings: Settings | None = None, application: Application | None = None
    ) -> None:
        settings = (settings or Settings()).require_addresses()
        known = application or Application.load(settings)
        self._workflows = dict(known.workflows)
        self._application = replace(known, workflows=self._workflows)
        self._until_closed = ExitStack()
        self.coordinator = Coordinator(settings, self._application)
        self._until_closed.callback(self.coordinator.ledger.close)

    def create_session(
        self, name: str, mode: ExecutionMode | str = ExecutionMode.PARALLEL
    ) -> Session:
        """Begin a group of runs that share a mode; see `Coordinator.create_session`."""
        return self.coordinator.create_session(name, mode)

    def create_workflow(self, name: str, steps: Iterable[Step | Mapping[str, Any]]) -> Workflow:
        """Make a workflow known to this engine, and return it.

        Its runs keep it, whoever looks at them; its name is known here alone.

        Raises:
            DAGValidationError: it does not hold together.
            WorkflowError: another workflow has the name.
        """
        workflow = workflow_of(name, steps)
        if self._workflows.get(name, workflow) != workflow:
            raise WorkflowError(f"there is another workflow {name!r}: give this one its own name")
        validate(workflow, self._application.tasks, {**self._workflows, name: workflow})
        self._workflows[name] = workflow
        return workflow

    def execute_workflow(
        self,
        name: str,
        params: Mapping[str, Any] | None = None,
        session_id: str | None = None,
        *,
        timeout: float | None = None,
    ) -> Run:
        """Begin a run of a workflow, in a session or alone.

        Args:
            timeout: seconds to wait for its end; without it, it is returned as it begins.

        Raises:
            WorkflowError: the workflow is unknown, or does not take the parameters.
            SessionNotFound: no session has this id.
            TimeoutError: it has not ended in time; it goes on.
        """
        run = self.coordinator.submit(name, params, session_id=session_id)
        return run if timeout is None else self.coordinator.wait(run.id, timeout=timeout)

    def execute_parallel_workflow(
        self, workflow: str | Workflow | Iterable[AnyTask], *, timeout: float = math.inf
    ) -> dict[str, ExecutionResult]:
        """Run a workflow, or a list of tasks, to its end; return what became of each part.

        Raises:
            WorkflowError: it is unknown or unsound.
            TimeoutError: it has not ended in time, and is cancelled.
        """
        with ParallelExecutor(self.coordinator) as executor:
            if isinstance(workflow, str | Workflow):
                return executor.execute_workflow(workflow, timeout=timeout)
            return executor.execute_tasks(workflow, timeout=timeout)

    def create_workflow_dag(self, tasks: Iterable[AnyTask]) -> WorkflowDAG:
        """Return the DAG of a list of tasks.

        Raises:
            DAGValidationError: a task has a field too many, too few, or with a wrong value.
        """
        return WorkflowDAG(tasks)

    def validate_workflow_dependencies(self, tasks: Iterable[AnyTask]) -> list[str]:
        """Return a sentence for each thing that is wrong with tasks; none: they are sound."""
        try:
            return WorkflowDAG(tasks).problems()
        except DAGValidationError as error:
            return list(error.problems)

    def get_workflow_execution_order(self, tasks: Iterable[AnyTask]) -> list[list[str]]:
        """Return the names of tasks in tiers; the tasks of one could run side by side.

        Raises:
            DAGValidationError: a dependency is missing, or tasks wait for each other.
        """
        return WorkflowDAG(tasks).get_execution_levels()

    def submit_task(self, task: AnyTask | str, session_id: str | None = None) -> str:
        """Submit one task alone; return its id.

        Args:
            task: a task by name, or its fields; its own name may be left out.

        Raises:
            WorkflowError: the task is unknown, depends on others, or does not take its inputs.
        """
        spec = _alone(task)
        return self.coordinator.submit_task(
            spec.task,
            spec.inputs,
            retry=spec.retry,
            timeout=spec.timeout,
            priority=spec.priority,
            session_id=session_id,
        )

    def get_task_status(self, task_id: str) -> StepState:
        """Return the state of a task that was submitted alone.

        Raises:
            RunNotFound: no task has this id.
        """
        return self.coordinator.get_task_status(task_id)

    def cancel_task(self, task_id: str) -> bool:
        """Stop a task that was submitted alone; say whether there was anything to stop.

        Raises:
            RunNotFound: no task has this id.
        """
        return self.coordinator.cancel_task(task_id)

    def start_background_processing(self) -> None:
        """Look after runs from this process too, until it is closed: timers, repairs, schedules.

        Tasks are done by pools, which are processes of their own, as `orchestrator up` and
        `orchestrator worker` start them. Asked for again, this changes nothing.
        """
        self._background.start()

    def get_health_status(self) -> Health:
        """Return how broker, ledger, pools and maintenance are, with latencies and numbers."""
        made = self.coordinator
        return health(made.settings, made.ledger, self._application.domains)

    def get_system_status(self) -> SystemStatus:
        """Return what the installation is doing: runs, steps, queues, pools, sessions, waits.

        Raises:
            Unavailable: the ledger does not answer.
        """
        return status(self.coordinator)

    def register_event_handler(self, event_type: str, handler: Handler) -> None:
        """Call a function for each event of this type from now on, whoever makes it happen.

        Args:
            event_type: a name, `step.failed`, or a pattern, `run.*`.

        Raises:
            ConfigurationError: no event is of this type.
        """
        self._handlers.register(event_type, handler)

    def close(self) -> None:
        """Stop what this engine has started; runs go on."""
        self._until_closed.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @cached_property
    def _handlers(self) -> EventHandlers:
        return self._until_closed.enter_context(EventHandlers(self.coordinator.ledger))

    @cached_property
    def _background(self) -> Background:
        made = Background(self.coordinator.settings, self._application)
        return self._until_closed.enter_context(made)


def _alone(task: AnyTask | str) -> TaskSpec:
    if isinstance(task, str):
        task = {"task": task}
    given = task if isinstance(task, TaskSpec) else {"name": "task", **task}
    (spec,) = specs_of([given])
    if spec.depends_on:
        said = f"task {spec.name!r} depends on {', '.join(spec.depends_on)}: submit them together"
        raise DAGValidationError(UNNAMED, [f"{said}, with execute_parallel_workflow"])
    return spec
