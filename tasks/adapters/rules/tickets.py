"""What a ticket may say, and which way it goes: the same on every service desk of ours.

new ──▶ assigned ◀──▶ waiting
 └─────────┴────────────┴────▶ resolved ──▶ assigned    when the customer comes back
"""

import datetime as dt

from tasks.erp_errors import Conflict, Rejected
from tasks.messaging.contracts import Ticket, TicketDraft, TicketState
from tasks.values import Id

NEW, ASSIGNED, WAITING, RESOLVED = (
    TicketState.NEW,
    TicketState.ASSIGNED,
    TicketState.WAITING,
    TicketState.RESOLVED,
)

#: where a ticket may go; to stay is no move
TARGETS = {
    NEW: (ASSIGNED, RESOLVED),
    ASSIGNED: (WAITING, RESOLVED),
    WAITING: (ASSIGNED, RESOLVED),
    RESOLVED: (ASSIGNED,),
}

MOST_URGENT, LEAST_URGENT = 1, 5


def moved(ticket: Ticket, assignee: Id | None, state: TicketState | None) -> TicketState:
    """Return the state that a change brings a ticket to.

    Args:
        ticket: as it is.
        assignee: whom it is given to; None leaves it with whoever has it.
        state: that it is to have; None where nobody says.

    Raises:
        Rejected: it is not one of a ticket's moves, or nobody would work on what is assigned.
    """
    target = state or ticket.state
    if target not in (ticket.state, *TARGETS[ticket.state]):
        raise Rejected(
            f"ticket {ticket.id!r} is {ticket.state} and cannot become {target}: "
            f"it can become {' or '.join(TARGETS[ticket.state])}"
        )
    if target is NEW and assignee is not None:
        return ASSIGNED
    if target is ASSIGNED and assignee is None and ticket.assignee is None:
        raise Rejected(f"ticket {ticket.id!r} cannot be assigned to nobody: name an assignee")
    return target


def check_draft(draft: TicketDraft) -> None:
    """Let a ticket be opened that says what it is about.

    Raises:
        Rejected: its title is empty, or nobody knows when it is due.
    """
    if not draft.title.strip():
        raise Rejected(f"a ticket of {draft.requester!r} has no title: say what it is about")
    check_due(draft.due)


def check_priority(priority: int) -> None:
    """Let a priority pass.

    Raises:
        Rejected: there is none like it.
    """
    if not MOST_URGENT <= priority <= LEAST_URGENT:
        raise Rejected(
            f"{priority} is no priority of a ticket: "
            f"give {MOST_URGENT}, the most urgent, to {LEAST_URGENT}"
        )


def check_due(due: dt.datetime | None) -> None:
    """Let a time pass that is the same to everybody.

    Raises:
        Rejected: it has no zone.
    """
    if due is not None and due.tzinfo is None:
        raise Rejected(f"{due} is not the same time everywhere: give it with its zone, such as UTC")


def check_version(ticket: Ticket, read: str) -> None:
    """Let a ticket pass that is still as somebody read it.

    Raises:
        Conflict: it has changed.
    """
    if ticket.version != read:
        raise Conflict(
            f"ticket {ticket.id!r} is version {ticket.version!r} and no longer {read!r}: "
            "read it again"
        )
