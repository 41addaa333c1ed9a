"""From what is asked for to what is written: a sound workflow with an input that fits it."""

from collections.abc import Mapping
from typing import Any

from orchestrator.application import Application
from orchestrator.ledger.submission import Submission
from orchestrator.plan import Plan, compile
from orchestrator.states import AnyPriority, Priority
from orchestrator.validation import validate
from orchestrator.validation.run_input import check_input
from orchestrator.workflow import Workflow


class Asking:
    """Checks what is asked for; a workflow that was found sound is not checked again."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._sound: dict[str, Plan] = {}

    def __call__(
        self,
        workflow: str | Workflow,
        run_input: Mapping[str, Any],
        *,
        priority: AnyPriority | None = None,
        idempotency_key: str | None = None,
        session_id: str | None = None,
        detail: Mapping[str, Any] | None = None,
    ) -> Submission:
        """Return what is to be written for a run.

        Args:
            workflow: one of the application by name, or one of your own.
            session_id: the group of runs that it belongs to.
            detail: for the event that the run was submitted.

        Raises:
            WorkflowError: the workflow is unknown or unsound, or does not take the input, or
                there is no such priority.
        """
        definition = self._application.workflow(workflow) if isinstance(workflow, str) else workflow
        children = self._children_of(definition)
        for each in (definition, *children):
            if each.version not in self._sound:
                validate(each, self._application.tasks, self._application.workflows)
                self._sound[each.version] = compile(each)
        return Submission(
            workflow=definition,
            plan=self._sound[definition.version],
            run_input=check_input(
                definition, self._application.tasks, run_input, self._application.workflows
            ),
            priority=definition.priority if priority is None else Priority.of(priority),
            idempotency_key=idempotency_key,
            children={child.name: child.version for child in children},
            definitions=children,
            session=session_id,
            detail=detail or {},
        )

    def _children_of(self, workflow: Workflow) -> tuple[Workflow, ...]:
        """Return the workflows that a run may begin as children, and those as theirs."""
        found: dict[str, Workflow] = {}
        left = [workflow]
        while left:
            for step in left.pop().steps:
                if step.workflow is not None and step.workflow not in found:
                    found[step.workflow] = self._application.workflow(step.workflow)
                    left.append(found[step.workflow])
        return tuple(found.values())
