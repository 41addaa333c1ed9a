"""On whose behalf a run takes what is shared fairly: permits, and turns at a pool."""

from collections.abc import Mapping
from typing import Any

from orchestrator.errors import InvalidInput
from orchestrator.language.references import Missing, resolve
from orchestrator.ledger.tables import KEY_CHARACTERS
from orchestrator.workflow import Workflow


def fair_key_of(workflow: Workflow, run_input: Mapping[str, Any]) -> str | None:
    """Return the key that a workflow is fair by, of a run with this input; None: it is by none.

    Raises:
        InvalidInput: the input does not say so, or in a text that is too long.
    """
    if workflow.fair_by is None:
        return None
    try:
        found = resolve(workflow.fair_by, run_input=run_input, results={})
    except Missing as error:
        raise InvalidInput(
            f"workflow {workflow.name!r} is fair by {workflow.fair_by!r}, {error.reason}"
        ) from error
    if not isinstance(found, str | int) or len(str(found)) > KEY_CHARACTERS:
        raise InvalidInput(
            f"workflow {workflow.name!r} is fair by {workflow.fair_by!r}, and {str(found)[:40]!r} "
            f"is no key: it is a text of at most {KEY_CHARACTERS} characters, or a number"
        )
    return str(found)
