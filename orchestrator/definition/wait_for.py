"""What a step waits for when no worker of ours does it: a time, a signal, a person, an agent.

    wait_for: {timer: 3 days}
    wait_for: {signal: payment_received, deadline: 14 days, on_deadline: skip}
    wait_for:
      person: head of sales
      answer: {approved: boolean, note: optional text}
      deadline: 2 days
      escalate:
        - {after: 1 day, priority: high, notify: {task: messaging.remind, inputs: {to: $input.x}}}

A waiting step holds no worker and no message. Its answer is its result.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AwareDatetime,
    BeforeValidator,
    Field,
    PlainValidator,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from orchestrator.definition.answers import AnswerFields
from orchestrator.definition.durations import Duration
from orchestrator.definition.model import Inputs, Model, PriorityName

NAME = r"^[a-z][a-z0-9_]{0,63}$"

#: The kinds of waiting, by the field that asks for it.
WaitKind = Literal["timer", "signal", "person", "agent"]
KINDS: tuple[WaitKind, ...] = ("timer", "signal", "person", "agent")


_LENGTH: TypeAdapter[float] = TypeAdapter(Duration)
_DATE: TypeAdapter[Any] = TypeAdapter(AwareDatetime)


def _timer(written: object) -> float | str:
    if not isinstance(written, str):
        return _LENGTH.validate_python(written)
    if written.startswith("$"):
        return written
    try:
        return _LENGTH.validate_python(written)
    except ValidationError:
        return _date(written)


def _date(written: str) -> str:
    try:
        _DATE.validate_json(f'"{written}"', strict=True)
    except ValidationError:
        raise ValueError(
            f"{written!r} is no time: write a length such as '15 min' or '3 days', a date with "
            "its time zone such as '2030-01-31T08:00:00+02:00', or a reference to either"
        ) from None
    return written


#: A length in seconds; or a date with time zone, or a reference to one or to a length.
Timer = Annotated[float | str, PlainValidator(_timer, json_schema_input_type=float | str)]


def _on_deadline(value: object) -> object:
    if value in ("fail", "skip") or isinstance(value, Mapping):
        return value
    raise ValueError(f"{value!r} is neither fail, skip nor the fields of an answer")


#: What happens at the deadline.
OnDeadline = Annotated[Literal["fail", "skip"] | dict[str, Any], BeforeValidator(_on_deadline)]


class Notice(Model):
    """A task that tells somebody; it runs as a run of its own."""

    task: str
    inputs: Inputs = Field(default_factory=dict)


class Escalation(Model):
    """What happens when an answer has not come for so long.

    Attributes:
        after: since the step began to wait.
        priority: what is left of the run becomes so urgent, if it was less.
    """

    after: Duration
    notify: Notice | None = None
    priority: PriorityName | None = None

    @model_validator(mode="after")
    def _does_something(self) -> Self:
        if self.notify is None and self.priority is None:
            raise ValueError("an escalation needs a notify, a priority, or both")
        return self


class WaitFor(Model):
    """One thing to wait for: exactly one of timer, signal, person and agent.

    Attributes:
        timer: a length of time or a date with time zone, or a reference to one of them.
        signal: the name under which anybody may send the answer, also before it is waited for.
        person: who is asked: a name or a role, or a reference to one.
        agent: which agents may do it, by skill. One claims the step, beats, and completes or
            fails it; when its beat stays away, another may claim it.
        answer: fields of the answer and their types; without them any JSON will do.
        deadline: how long after it began to wait the step gives up.
        on_deadline: `fail`, `skip`, or the answer that is then taken.
        heartbeat: how often an agent that has claimed the step must beat.
    """

    timer: Timer | None = None
    signal: str | None = Field(default=None, pattern=NAME)
    person: str | None = Field(default=None, min_length=1)
    agent: str | None = Field(default=None, min_length=1)
    answer: AnswerFields | None = None
    deadline: Duration | None = None
    on_deadline: OnDeadline = "fail"
    escalate: tuple[Escalation, ...] = ()
    heartbeat: Duration = 60.0

    @property
    def kind(self) -> WaitKind:
        """Which of the four it is."""
        return next(kind for kind in KINDS if getattr(self, kind) is not None)

    @model_validator(mode="after")
    def _is_one_thing(self) -> Self:
        given = [kind for kind in KINDS if getattr(self, kind) is not None]
        if len(given) != 1:
            named = " and ".join(given) or "nothing"
            raise ValueError(f"it waits for {named}: name exactly one of {', '.join(KINDS)}")
        if given == ["timer"] and (self.answer or self.deadline or self.escalate):
            raise ValueError("a timer has no answer, deadline or escalation: it just ends")
        return self
