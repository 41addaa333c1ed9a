"""From what is asked for to what is written: a sound workflow with an input that fits it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from orchestrator.application import Application
from orchestrator.capacity.resources import Resource
from orchestrator.fair_key import fair_key_of
from orchestrator.ledger import Ledger
from orchestrator.ledger.permits import resources
from orchestrator.ledger.submission import Submission
from orchestrator.plan import Plan, compile_sound
from orchestrator.states import AnyPriority, Priority
from orchestrator.validation import validate
from orchestrator.validation.run_input import InputReader
from orchestrator.workflow import Workflow


@dataclass(frozen=True, slots=True)
class _Sound:
    """A workflow that was found sound."""

    plan: Plan
    reader: InputReader


class Asking:
    """Checks what is asked for; a workflow that was found sound is not checked again.

    Args:
        ledger: knows resources besides those of the application.
    """

    def __init__(self, application: Application, ledger: Ledger) -> None:
        self._application = application
        self._ledger = ledger
        #: by the versions of all that takes the input, and what is declared, which they do not say
        self._sound: dict[tuple[str, ...], _Sound] = {}

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
        versions = {child.name: child.version for child in children}
        for child in children:
            self._found_sound(child, versions)
        sound = self._found_sound(definition, versions)
        checked = sound.reader.read(run_input)
        return Submission(
            workflow=definition,
            plan=sound.plan,
            run_input=checked,
            priority=definition.priority if priority is None else Priority.of(priority),
            idempotency_key=idempotency_key,
            children=versions,
            definitions=children,
            session=session_id,
            resources=[own for each in (definition, *children) for own in each.resources],
            fair_key=fair_key_of(definition, checked),
            detail=detail or {},
        )

    def _found_sound(self, workflow: Workflow, children: Mapping[str, str]) -> _Sound:
        declared = (own.model_dump_json() for own in workflow.resources)
        looked_at = (workflow.version, *children.values(), *declared)
        if looked_at not in self._sound:
            known = self._application
            available = {**self._registered(workflow), **known.resources}
            validate(workflow, known.tasks, known.workflows, available)
            self._sound[looked_at] = _Sound(
                compile_sound(workflow), InputReader(workflow, known.tasks, known.workflows)
            )
        return self._sound[looked_at]

    def _registered(self, workflow: Workflow) -> dict[str, Resource]:
        """Return what the ledger knows besides the application, if the workflow takes permits."""
        if not workflow.scopes and not any(step.permits for step in workflow.steps):
            return {}
        found = resources.known(self._ledger)
        return {name: declared.resource for name, declared in found.items()}

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
