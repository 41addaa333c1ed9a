"""The life of a run and of a step, and the five priorities.

    run   pending ──▶ running ──▶ succeeded | failed | cancelled
                      ▲    │                    │
                      │    ▼                    │ a retry by hand
                      paused                    └──▶ running

                      ┌─▶ parked ─┐           its permits are not free
                      │           ▼
    step  pending ──▶ queued ──▶ running ──▶ succeeded | failed | skipped
             │        ▲    ▲      │   │
             │        │    └─ waiting │       a retry's backoff
             │        └── ready ◀─────┘       its worker was lost
             │             ▲
             └──▶ waiting ─┘                  a time, an answer, a child run, elements of a map

A run's first steps begin as `ready`, and what was forgotten or held back becomes it: the
outbox. A message may be faster than the note that it went out, so a `ready` step may be
taken too, and a join too wide to be counted is taken while it is `pending`. Any step that
is not final may move to `cancelled`, a running one only when its worker was lost or it was
stopped. A retry by hand makes final steps `pending` again.

A `parked` step has no worker and no message: that waits beside the permits, and whoever
frees them sends it. What holds a queued step back makes a parked one `ready` too.
"""

from enum import IntEnum, StrEnum
from typing import Self

from orchestrator.errors import InvalidInput


class RunState(StrEnum):
    """Where a run is in its life."""

    PENDING = "pending"  #: submitted, no step has started
    RUNNING = "running"  #: a step has started
    PAUSED = "paused"  #: an operator holds it back; running steps finish
    SUCCEEDED = "succeeded"  #: every step ended well, was skipped, or its failure was tolerated
    FAILED = "failed"  #: a critical step failed
    CANCELLED = "cancelled"  #: somebody stopped it

    @property
    def is_final(self) -> bool:
        """Say whether the run has ended."""
        return self in FINAL_RUN_STATES


class StepState(StrEnum):
    """Where a step is in its life."""

    PENDING = "pending"  #: waits for the steps it runs after
    READY = "ready"  #: may start; its message is not out yet
    QUEUED = "queued"  #: its message is with the broker
    PARKED = "parked"  #: waits for permits, without a message
    WAITING = "waiting"  #: for a time, an answer, a child run, the elements of a map
    RUNNING = "running"  #: a worker holds it
    SUCCEEDED = "succeeded"  #: its result is in the ledger
    FAILED = "failed"  #: no attempt is left
    SKIPPED = "skipped"  #: its condition was false, or all it follows were skipped
    CANCELLED = "cancelled"  #: the run ended before it started, or it was stopped

    @property
    def is_final(self) -> bool:
        """Say whether the step has ended."""
        return self in FINAL_STEP_STATES


#: The states of a step whose message is out: with the broker, or beside the permits it waits for.
HANDED_OVER = (StepState.QUEUED, StepState.PARKED)

FINAL_RUN_STATES = frozenset({RunState.SUCCEEDED, RunState.FAILED, RunState.CANCELLED})
FINAL_STEP_STATES = frozenset(
    {StepState.SUCCEEDED, StepState.FAILED, StepState.SKIPPED, StepState.CANCELLED}
)


class ExecutionMode(StrEnum):
    """How the steps of a session's runs share it; `modes` says what each lets start."""

    SEQUENTIAL = "sequential"  #: one step at a time, in order
    PARALLEL = "parallel"  #: each as soon as the steps before it are done
    PRIORITY = "priority"  #: level by level
    RESOURCE_AWARE = "resource_aware"  #: each when what it takes is free


class Priority(IntEnum):
    """How urgent a step is; a lower number is served first.

    On the broker a level takes two of Redis' ten sub-queues: `2 * level + 1` for a step that
    just became ready; `2 * level` is kept for one that was granted its permits.
    """

    CRITICAL = 0
    HIGH = 1
    NORMAL = 2
    LOW = 3
    BACKGROUND = 4

    @classmethod
    def of(cls, given: "Priority | str | int") -> Self:
        """Return the priority of this name, or number.

        Raises:
            InvalidInput: there is none.

        >>> Priority.of("high") is Priority.of(1) is Priority.HIGH
        True
        """
        if isinstance(given, str) and given.upper() in cls.__members__:
            return cls[given.upper()]
        if isinstance(given, int) and not isinstance(given, bool) and given in list(cls):
            return cls(given)
        known = ", ".join(f"{level.name.lower()} ({level.value})" for level in cls)
        raise InvalidInput(f"{given!r} is no priority: it is one of {known}")

    @property
    def broker_level(self) -> int:
        """The Redis sub-queue of a step of this priority that has not waited long."""
        return broker_level(self)


#: A priority, or its name or number.
AnyPriority = Priority | str | int


def broker_level(priority: int, boost: int = 0) -> int:
    """Return the Redis sub-queue, 0 (served first) to 9, of a step without a grant.

    Args:
        priority: its `Priority`.
        boost: levels it has gained by waiting long; with one more than there are above it,
            it is served before every step that did not wait so.
    """
    return max(0, 2 * (priority - boost) + 1)
