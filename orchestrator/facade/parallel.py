"""A list of tasks done as far side by side as their dependencies allow, by seed 004's name.

    with ParallelExecutor(coordinator) as executor:
        results = executor.execute_tasks([
            {"name": "reserve", "task": "inventory.reserve_stock", "inputs": {"order": order}},
            {"name": "charge", "task": "billing.charge_card", "depends_on": ["reserve"]},
        ], timeout=60)
    results["charge"].status

The tasks are a run like any other: pools do them, the ledger keeps them, and a process
that dies loses nothing. A task whose dependency did not succeed is skipped; all others go on.
"""

import datetime as dt
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from orchestrator.coordinator import Coordinator
from orchestrator.facade.dag import UNNAMED, AnyTask, with_dependencies
from orchestrator.ledger.views import StepView
from orchestrator.states import StepState
from orchestrator.workflow import Workflow


@dataclass(frozen=True, slots=True)
class ExecutionResult:
    """What became of one task.

    Attributes:
        status: succeeded, failed, skipped or cancelled.
        result: plain JSON values; None unless it succeeded.
        error: why it did not succeed, a sentence.
        attempts: how often it was begun.
    """

    name: str
    status: StepState
    result: Any
    error: str | None
    attempts: int
    started_at: dt.datetime | None
    ended_at: dt.datetime | None

    @property
    def success(self) -> bool:
        """Say whether it succeeded."""
        return self.status is StepState.SUCCEEDED

    @property
    def duration(self) -> float | None:
        """Seconds from the start of its last attempt to its end; None if it never started."""
        if self.started_at is None or self.ended_at is None:
            return None
        return (self.ended_at - self.started_at).total_seconds()

    @classmethod
    def of(cls, step: StepView) -> "ExecutionResult":
        """Return what a step of a run says."""
        error = f"{step.error['type']}: {step.error['message']}" if step.error else step.reason
        succeeded = step.state is StepState.SUCCEEDED
        # A worker takes a step to find that there is nothing to do: nobody calls that a start.
        begun = step.state is not StepState.SKIPPED
        return cls(
            name=step.name,
            status=step.state,
            result=step.result if succeeded else None,
            error=None if succeeded else error,
            attempts=step.attempts if begun else 0,
            started_at=step.started_at if begun else None,
            ended_at=step.ended_at,
        )


class ParallelExecutor:
    """Does lists of tasks on a running installation; whoever leaves it cancels what still runs.

    Args:
        session_id: the session that the tasks belong to; its mode says what starts when.
    """

    def __init__(
        self, coordinator: Coordinator | None = None, *, session_id: str | None = None
    ) -> None:
        self._coordinator = coordinator or Coordinator()
        self._session_id = session_id
        self._begun: list[str] = []

    def execute_tasks(
        self,
        tasks: Iterable[AnyTask],
        dependencies: Mapping[str, Sequence[str]] | None = None,
        *,
        timeout: float = math.inf,
    ) -> dict[str, ExecutionResult]:
        """Do tasks; return what became of each, by its name, when the last has ended.

        Args:
            dependencies: names of the tasks that a task depends on, besides those it names.
            timeout: seconds to wait; the tasks go on until the executor is left.

        Raises:
            DAGValidationError: a dependency is missing, or a name is there twice.
            CycleDetectedError: tasks wait for each other in a circle.
            WorkflowError: a task is unknown, or does not take its inputs.
            TimeoutError: they have not ended within `timeout` seconds.
        """
        specs = with_dependencies(tasks, dependencies or {})
        if not specs:
            return {}
        # One that fails ends nothing but the tasks that need it.
        tolerant = [
            spec.to_step(critical=False, join="all_succeeded" if spec.depends_on else "all")
            for spec in specs
        ]
        return self.execute_workflow(Workflow(name=UNNAMED, steps=tuple(tolerant)), timeout=timeout)

    def execute_workflow(
        self,
        workflow: str | Workflow,
        run_input: Mapping[str, Any] | None = None,
        *,
        timeout: float = math.inf,
    ) -> dict[str, ExecutionResult]:
        """Run a workflow as it is; return what became of each step when the run has ended.

        Raises:
            WorkflowError: it is unknown, unsound, or does not take the input.
            TimeoutError: it has not ended within `timeout` seconds.
        """
        run = self._coordinator.submit(workflow, run_input, session_id=self._session_id)
        self._begun.append(run.id)
        self._coordinator.wait(run.id, timeout=timeout)
        self._begun.remove(run.id)
        return {step.name: ExecutionResult.of(step) for step in self._coordinator.steps(run.id)}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for run_id in self._begun:
            self._coordinator.cancel(run_id, reason="its executor was left before it had ended")
        self._begun.clear()
