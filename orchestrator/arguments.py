"""What a task is called with: a step's references resolved, and each value checked."""

import json
from typing import Any

from pydantic import ValidationError

from orchestrator.declare import Parameter, Task
from orchestrator.errors import InputMismatch
from orchestrator.language.references import Missing, resolve
from orchestrator.ledger.flow.claim import Claim
from orchestrator.workflow import Step


def bind(step: Step, task: Task, claim: Claim) -> dict[str, Any]:
    """Return the arguments of the task, each checked against its parameter's type.

    Raises:
        Missing: a required input comes from a step that gave no result.
        InputMismatch: a value is not of its parameter's type.
    """
    run_input = json.loads(claim.run_input)
    results = {name: json.loads(text) for name, text in claim.results.items()}
    values = {}
    for name, parameter in task.parameters.items():
        if name not in step.inputs:
            continue
        try:
            values[name] = resolve(step.inputs[name], run_input=run_input, results=results)
        except Missing as missing:
            if not parameter.required:
                continue
            if not parameter.takes_none:
                _refuse_unless_absent(missing, step, claim)
                raise
            values[name] = None
    # Only now: an input that is absent skips the step, whatever the others are.
    return {name: _checked(value, task.parameters[name], step) for name, value in values.items()}


def _refuse_unless_absent(missing: Missing, step: Step, claim: Claim) -> None:
    if missing.reference.source in claim.results:
        raise InputMismatch(f"step {step.name!r} cannot be called: {missing}") from missing


def _checked(value: Any, parameter: Parameter, step: Step) -> Any:
    try:
        return parameter.read_json(json.dumps(value))
    except ValidationError as error:
        raise InputMismatch(
            f"input {parameter.name!r} of step {step.name!r} does not take {value!r}: "
            f"{error.errors()[0]['msg']}"
        ) from error
