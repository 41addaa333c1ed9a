"""What is wrong between a step and its kind: fields it has no use for, joins, maps, waits."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from orchestrator.definition.answers import answer_model
from orchestrator.definition.durations import words
from orchestrator.definition.model import Model
from orchestrator.definition.wait_for import WaitFor
from orchestrator.errors import InvalidReference
from orchestrator.language.references import parse, references_in
from orchestrator.validation.reasons import reason
from orchestrator.validation.structure import predecessors_of
from orchestrator.workflow import Step

#: What only workers do, and where the same is said of a step that waits.
_OF_WAIT = {
    "retry": "leave it out",
    "timeout": "give its 'wait_for' a 'deadline'",
    "start_within": "give its 'wait_for' a 'deadline'",
    "permits": "give them to the steps around it",
}
#: The same of a step that is a child run.
_OF_CHILD = {
    "retry": "give it to the steps of workflow {!r}",
    "timeout": "give workflow {!r} one",
    "start_within": "give it to the steps of workflow {!r}",
    "permits": "give them to the steps of workflow {!r}",
}

#: What is waited for without anybody doing anything for it; people and agents do.
_DOES_NOTHING = ("timer", "signal")


def problems_of_kind(step: Step) -> Iterator[str]:
    """Yield what a step says that has no meaning for a step of its kind."""
    yield from _problems_of_worker(step)
    yield from _problems_of_join(step)
    if step.map is not None and not _is_list(step.map.over):
        yield (
            f"the map of step {step.name!r} goes over {step.map.over!r}, which is neither a "
            "reference nor a list"
        )
    if step.wait_for is not None:
        yield from _problems_of_wait(step.name, step.wait_for)
        if step.compensate is not None and step.wait_for.kind in _DOES_NOTHING:
            yield (
                f"step {step.name!r} only waits for a {step.wait_for.kind}, and nothing undoes "
                "that: leave out 'compensate'"
            )


def _problems_of_worker(step: Step) -> Iterator[str]:
    if step.task:
        return
    instead = _OF_WAIT if step.wait_for is not None else _OF_CHILD
    for field, way_out in instead.items():
        if _differs(step, field):
            yield (
                f"step {step.name!r} has {field!r}, but no worker does it: "
                f"{way_out.format(step.workflow)}"
            )


def _problems_of_join(step: Step) -> Iterator[str]:
    if step.join != "all":
        followed = len(predecessors_of(step))
        if isinstance(step.join, int) and step.join > followed:
            yield f"step {step.name!r} joins {step.join} of its predecessors, but has {followed}"
        elif not followed:
            yield f"step {step.name!r} joins by {step.join!r}, but follows no step: leave it out"
    if not step.prefer_after and _differs(step, "patience"):
        yield f"step {step.name!r} has 'patience', but prefers to follow no step"


def _problems_of_wait(name: str, wait: WaitFor) -> Iterator[str]:
    if wait.agent is None and _differs(wait, "heartbeat"):
        yield f"step {name!r} has a 'heartbeat', but waits for no agent: leave it out"
    if wait.deadline is None:
        if wait.on_deadline != "fail":
            yield f"step {name!r} has 'on_deadline', but no 'deadline': add one"
        return
    for number, escalation in enumerate(wait.escalate):
        if escalation.after >= wait.deadline:
            yield (
                f"escalate[{number}] of step {name!r} comes after {words(escalation.after)}, but "
                f"its deadline after {words(wait.deadline)}"
            )
    if not isinstance(wait.on_deadline, str):
        yield from _problems_of_last_answer(name, wait, wait.on_deadline)


def _problems_of_last_answer(name: str, wait: WaitFor, answer: Mapping[str, Any]) -> Iterator[str]:
    where = f"the answer that step {name!r} takes at its deadline"
    try:
        for reference in references_in(answer):
            yield f"{where} holds {str(reference)!r}, but it is taken as it is, without references"
    except InvalidReference:
        pass  # a plain text that begins with a dollar sign
    if wait.answer is None:
        return
    try:
        answer_model(wait.answer).model_validate(answer)
    except ValidationError as error:
        yield f"{where} does not fit its 'answer': {reason(error)}"


def _is_list(over: object) -> bool:
    """Say whether this is a list or leads to one; a malformed reference is told elsewhere."""
    if not isinstance(over, str):
        return isinstance(over, list | tuple)
    try:
        return parse(over) is not None
    except InvalidReference:
        return True


def _differs(record: Model, field: str) -> bool:
    """Say whether a field has another value than it has by itself."""
    default: object = type(record).model_fields[field].get_default(call_default_factory=True)
    return bool(getattr(record, field) != default)
