"""When a step that waits goes on, and what it waits for in words."""

import datetime as dt
from typing import Any, Literal

from pydantic import AwareDatetime, TypeAdapter, ValidationError

from orchestrator.definition import durations
from orchestrator.definition.wait_for import Escalation, WaitFor, WaitKind
from orchestrator.errors import InputMismatch

_DATE: TypeAdapter[dt.datetime] = TypeAdapter(AwareDatetime)

#: What is to be done for a step whose time has come: its timer has ended, its deadline is
#: missed, somebody is to be told, or it is not due after all.
Due = Literal["ended", "missed", "escalate", "nothing"]


def end_of_timer(timer: object, begun: dt.datetime) -> dt.datetime:
    """Return when a timer ends that began then; a time in the past is one that has ended.

    Args:
        timer: seconds, as a number or, from a Decimal, as a text; `3 days`; an aware time.

    Raises:
        InputMismatch: it is none of these.
    """
    length = _length(timer)
    if length is None:
        return _date(timer)
    if not abs(length) <= durations.LONGEST:  # so that it refuses what is no number, too
        raise InputMismatch(
            f"a timer of {timer!r} seconds is longer than {durations.words(durations.LONGEST)}: "
            "let it end at a date"
        )
    return begun + dt.timedelta(seconds=length)


def _length(timer: object) -> float | None:
    if isinstance(timer, bool) or not isinstance(timer, int | float | str):
        return None
    try:
        return float(timer)
    except ValueError:
        pass
    try:
        return float(str(durations.seconds(timer)))
    except ValueError:
        return None


def _date(timer: object) -> dt.datetime:
    try:
        return _DATE.validate_python(timer if isinstance(timer, str) else None)
    except ValidationError:
        raise InputMismatch(
            f"{timer!r} is nothing to wait for: a timer is a number of seconds, a text such as "
            "'3 days', or a time with its zone such as '2030-01-31T08:00:00+02:00'"
        ) from None


def in_order(wait: WaitFor) -> list[Escalation]:
    """Return the escalations in the order of their times."""
    return sorted(wait.escalate, key=lambda escalation: escalation.after)


def next_move(wait: WaitFor, opened_at: dt.datetime, made: int) -> dt.datetime | None:
    """Return when something happens if no answer comes; None where nothing ever does.

    Args:
        made: how many escalations there have been.
    """
    left = [escalation.after for escalation in in_order(wait)[made:]]
    if wait.deadline is not None:
        left.append(wait.deadline)
    return opened_at + dt.timedelta(seconds=min(left)) if left else None


def what_is_due(wait: WaitFor, opened_at: dt.datetime, made: int, now: dt.datetime) -> Due:
    """Return what is to be done for a step whose time to go on may have come.

    A deadline that has passed comes before escalations: nobody is told to hurry for nothing.
    """
    if wait.kind == "timer":
        return "ended"
    if wait.deadline is not None and opened_at + dt.timedelta(seconds=wait.deadline) <= now:
        return "missed"
    due = next_move(wait, opened_at, made)
    return "escalate" if due is not None and due <= now else "nothing"


def in_words(
    kind: WaitKind,
    name: str,
    *,
    since: dt.datetime,
    until: dt.datetime | None,
    holder: str | None = None,
) -> str:
    """Return what a step waits for, as the rest of `it waits …`.

    Args:
        until: the end of a timer, the deadline of an answer.
        holder: who has claimed it.
    """
    if kind == "timer":
        return f"until {_said(until)}"
    asked = {
        "signal": f"for the signal {name}",
        "person": f"for the answer of {name}",
        "agent": f"for an agent that can {name}",
    }[kind]
    held = "" if holder is None else f" ({holder} is on it)"
    end = "" if until is None else f", until {_said(until)}"
    return f"{asked}{held} since {_said(since)}{end}"


def _said(time: Any) -> str:
    return f"{time.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S} UTC"
