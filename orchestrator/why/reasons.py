"""A reason: which step waits, for what, since when, and all that in a sentence."""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum


class Cause(StrEnum):
    """What keeps a step, in one word."""

    PREDECESSORS = "predecessors"  #: the steps that it runs after
    PREFERENCE = "preference"  #: the steps that it rather follows
    LIMIT = "limit"  #: other elements of its map, or others that were free with it
    TURN = "turn"  #: others that have theirs at the pool
    QUEUE = "queue"  #: a worker that is free
    PERMIT = "permit"  #: what others hold of a resource, or its quota
    NO_WORKER = "no_worker"  #: a worker that is alive
    UNKNOWN_TASK = "unknown_task"  #: a worker that knows its task
    BROKER = "broker"  #: a broker that answers
    OUTBOX = "outbox"  #: its message has not been sent
    OPENING = "opening"  #: nobody has begun to wait on its behalf
    PAUSED = "paused"  #: somebody holds back its run, its workflow or its pool
    SESSION = "session"  #: its session's mode lets others go first
    RUNNING = "running"  #: it is being done
    LOST = "lost"  #: its worker is gone
    POISON = "poison"  #: it has ended its workers
    RETRY = "retry"  #: the time until its next attempt
    TIMER = "timer"
    SIGNAL = "signal"
    PERSON = "person"
    AGENT = "agent"
    CHILD = "child"  #: the run that it began
    MAP = "map"  #: its elements
    UNDOING = "undoing"  #: other steps are undone first
    ENDING = "ending"  #: the run is about to end
    ENDED = "ended"  #: nothing: it has come to its end


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a step, or a run as a whole, does not move.

    Attributes:
        step: None where it is said of the run.
        sentence: the cause with its object, without the step's name: `waits for …`.
        on: names of what it waits for: steps, a pool, a signal, a run.
        since: when it began to wait for that.
    """

    step: str | None
    cause: Cause
    sentence: str
    on: tuple[str, ...] = ()
    since: dt.datetime | None = None


def at(time: dt.datetime) -> str:
    """Return a time as sentences say it."""
    return f"{time.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S} UTC"


def listed(names: tuple[str, ...], *, limit: int = 5) -> str:
    """Return names as a sentence says them.

    >>> listed(("a", "b", "c"), limit=2)
    "'a', 'b' and 1 more"
    """
    shown = ", ".join(repr(name) for name in names[:limit])
    more = len(names) - limit
    return f"{shown} and {more:,} more" if more > 0 else shown
