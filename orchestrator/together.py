"""A step whose effect and completion are committed together, in the ledger's own database."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from orchestrator.declare import Transaction
from orchestrator.errors import InvalidTask, LostRace, Unavailable
from orchestrator.ledger import Ledger
from orchestrator.ledger.definitions import Plans
from orchestrator.ledger.flow import outcomes
from orchestrator.ledger.flow.claim import Claim
from orchestrator.ledger.flow.outcome import Outcome
from orchestrator.ledger.flow.progress import Progress

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Together:
    """What came of an attempt that needs no recording any more.

    Attributes:
        progress: None: nothing of it is left, another attempt took the step or will.
        lost: why this process does not know whether it was committed.
    """

    progress: Progress | None = None
    lost: str | None = None


def together(
    ledger: Ledger, plans: Plans, claim: Claim, call: Callable[[Transaction], Outcome]
) -> Together:
    """Call a task and record how it ended in one transaction, which its error takes back.

    Raises:
        Exception: whatever the task raised; nothing is recorded.
    """
    raised: list[BaseException] = []
    try:
        with ledger.write() as connection:
            outcome = _called(connection, claim, call, raised)
            # The run's row is locked last, and for the shortest time.
            return Together(outcomes.record_in(connection, claim, outcome, plans))
    except BaseException as error:
        if raised and not _has_lost_ledger(raised[0]):
            # Not what followed: where a time limit breaks into a query, the rollback fails too.
            raise raised[0] from None
        if isinstance(error, LostRace):
            log.warning("%s", error)
            return Together()
        if raised or isinstance(error, Unavailable):
            return Together(lost=str(error))
        raise


def _called(
    connection: sa.Connection,
    claim: Claim,
    call: Callable[[Transaction], Outcome],
    raised: list[BaseException],
) -> Outcome:
    try:
        outcome = call(Transaction(connection))
        _refuse_ended(connection, claim)
    except BaseException as error:
        raised.append(error)
        raise
    return outcome


def _refuse_ended(connection: sa.Connection, claim: Claim) -> None:
    if not connection.in_transaction():
        raise InvalidTask(
            f"step {claim.step!r} ended the transaction that was to record it: flush what it "
            "writes, and leave the commit to the executor"
        )


def _has_lost_ledger(error: BaseException) -> bool:
    """Say whether the connection broke: the step is tried again, and has not failed."""
    return isinstance(error, DBAPIError) and bool(error.connection_invalidated)
