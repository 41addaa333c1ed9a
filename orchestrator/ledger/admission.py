"""Which steps of a session start next, by its mode."""

from dataclasses import dataclass

from orchestrator.ledger.engine import Ledger
from orchestrator.ledger.outbox import Dispatch


@dataclass(frozen=True, slots=True)
class Admitted:
    """Steps that a session lets start.

    Attributes:
        dispatches: to be published.
        openings: (run, step) of those that no worker does.
    """

    dispatches: tuple[Dispatch, ...] = ()
    openings: tuple[tuple[str, str], ...] = ()


def admit(ledger: Ledger, session: str) -> Admitted:
    """Let the steps of a session start that its mode lets start now."""
    return Admitted()
