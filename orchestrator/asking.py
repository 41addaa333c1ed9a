"""From what is asked for to what is written: a sound workflow with an input that fits it."""

from collections.abc import Mapping
from typing import Any

from orchestrator.application import Application
from orchestrator.ledger.submission import Submission
from orchestrator.plan import compile
from orchestrator.states import Priority
from orchestrator.validation import validate
from orchestrator.validation.run_input import check_input


def asked(
    application: Application,
    workflow: str,
    run_input: Mapping[str, Any],
    *,
    priority: Priority | None = None,
    idempotency_key: str | None = None,
) -> Submission:
    """Return what is to be written for a run of a workflow.

    Raises:
        WorkflowError: the workflow is unknown or unsound, or does not take the input.
    """
    definition = application.workflow(workflow)
    validate(definition, application.tasks)
    return Submission(
        workflow=definition,
        plan=compile(definition),
        run_input=check_input(definition, application.tasks, run_input),
        priority=definition.priority if priority is None else priority,
        idempotency_key=idempotency_key,
    )
