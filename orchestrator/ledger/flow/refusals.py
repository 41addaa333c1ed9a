"""Why a message is not followed by an attempt: a pure decision on what the ledger shows."""

import datetime as dt
from enum import Enum, auto
from typing import Any, Protocol

from orchestrator.states import FINAL_STEP_STATES, HANDED_OVER, RunState, StepState, broker_level


class Refusal(Enum):
    """Why a message is not followed by an attempt."""

    GONE = auto()  #: its run has ended or never was
    PAUSED = auto()  #: its run is paused: resuming it sends the message again
    POOL_PAUSED = auto()  #: so is its pool
    NOT_ADMITTED = auto()  #: its session has not let it start
    DUPLICATE = auto()  #: another copy of the message was or will be followed
    DONE = auto()  #: the step is finished and its run goes on: propagate once more
    TOO_EARLY = auto()  #: a predecessor has not ended
    PARKED = auto()  #: it waits for permits, and whoever frees them sends it again
    REVOKED = auto()  #: its permits were granted by a Redis that has forgotten them
    STRANGER = auto()  #: the worker's own lease has ended: it must enter the ledger again


class _Asked(Protocol):
    """The parts of a message that decide."""

    @property
    def attempt(self) -> int: ...
    @property
    def level(self) -> int | None: ...
    @property
    def grant(self) -> tuple[str, int] | None: ...


def refusal_of(seen: Any, message: _Asked, now: dt.datetime, max_losses: int) -> Refusal | None:
    """Return why a message is not followed, or None where it is.

    Args:
        seen: the row of its step, with its run's, its pool's and both workers' state.
    """
    refusal = _of_run(seen) or _of_step(seen, message, now, max_losses)
    if refusal is None and (has_ended(seen.own_lease, now) or seen.doomed):
        return Refusal.STRANGER
    return refusal


def _of_run(seen: Any) -> Refusal | None:
    if seen is None:
        return Refusal.GONE
    if seen.kind == "undo":  # what has been done is undone while the run comes to its end
        return None if seen.run_state == RunState.RUNNING and seen.ending else Refusal.GONE
    if seen.run_state == RunState.PAUSED and seen.state not in FINAL_STEP_STATES:
        return Refusal.PAUSED
    is_live = seen.run_state in (RunState.PENDING, RunState.RUNNING, RunState.PAUSED)
    return Refusal.GONE if not is_live or seen.ending else None


def _of_step(seen: Any, message: _Asked, now: dt.datetime, max_losses: int) -> Refusal | None:
    if seen.state in FINAL_STEP_STATES:
        return Refusal.DONE
    if seen.pool_paused is not None:
        return Refusal.POOL_PAUSED
    if seen.state in (StepState.READY, *HANDED_OVER):
        return _of_free(seen, message)
    if seen.state == StepState.PENDING:
        return None if seen.wide else Refusal.TOO_EARLY
    if seen.state == StepState.RUNNING and _is_lost(seen, now, max_losses):
        return None  # a broker's second delivery after its worker died
    return Refusal.DUPLICATE


def _of_free(seen: Any, message: _Asked) -> Refusal | None:
    if seen.attempts != message.attempt - 1:
        return Refusal.DUPLICATE
    if seen.gated and seen.state == StepState.READY and seen.kind != "undo":
        return Refusal.NOT_ADMITTED
    # With its permits it goes before those that have yet to ask for theirs.
    level = broker_level(seen.priority, seen.boost) - (message.grant is not None)
    if message.level is not None and message.level < level:
        return Refusal.DUPLICATE  # its priority was lowered since, and a copy says so
    return None


def _is_lost(seen: Any, now: dt.datetime, max_losses: int) -> bool:
    return has_ended(seen.lease_until, now) and bool(seen.losses + 1 < max_losses)


def has_ended(lease_until: dt.datetime | None, now: dt.datetime) -> bool:
    """Say whether a lease has ended, or never was."""
    return lease_until is None or lease_until < now
