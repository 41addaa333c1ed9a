"""The service desk: what customers need help with, who helps, and until when."""

import datetime as dt
from enum import StrEnum
from typing import Annotated, Protocol

from pydantic import Field

from tasks.values import Id, Value

__all__ = ["Comment", "Ticket", "TicketDraft", "TicketState", "Tickets"]


class TicketState(StrEnum):
    """Where a ticket is in its life.

    new ──▶ assigned ◀──▶ waiting
     └─────────┴────────────┴────▶ resolved ──▶ assigned    when the customer comes back
    """

    NEW = "new"  #: nobody has it yet
    ASSIGNED = "assigned"  #: somebody works on it
    WAITING = "waiting"  #: for the customer
    RESOLVED = "resolved"


class TicketDraft(Value):
    """A ticket to open."""

    title: str
    text: str
    #: None when we do not know the company
    customer: Id | None = None
    #: the address to answer to, lower case
    requester: str
    #: 1 is the most urgent
    priority: Annotated[int, Field(ge=1, le=5)] = 3
    tags: frozenset[str] = frozenset()
    #: aware; by when it must be resolved
    due: dt.datetime | None = None


class Ticket(TicketDraft):
    """A ticket as the desk keeps it."""

    id: Id
    #: the key it was created with
    key: str
    state: TicketState
    assignee: Id | None
    opened_at: dt.datetime
    #: changes whenever the ticket does
    version: str


class Comment(Value):
    """Something that was said on a ticket."""

    id: Id
    key: str
    ticket: Id
    text: str
    #: the customer sees it
    public: bool
    written_at: dt.datetime


class Tickets(Protocol):
    """The service desk's tickets.

    Every method that takes a ticket's id raises NotFound when none has it.
    """

    def find(self, key: str) -> Ticket | None:
        """Return the ticket that an earlier `create` with this key made."""
        ...

    def create(self, key: str, draft: TicketDraft) -> Ticket:
        """Open a ticket, or return the one that this key opened.

        Raises:
            Rejected: the title is empty.
        """
        ...

    def get(self, ticket: Id) -> Ticket:
        """Return one ticket."""
        ...

    def open(self, due_before: dt.datetime | None = None) -> list[Ticket]:
        """Return what is not resolved, or of that what is due before a time, the first due first.

        Without a time, those without a due time come last; with one, they are left out.
        """
        ...

    def change(
        self,
        ticket: Id,
        version: str,
        *,
        assignee: Id | None = None,
        state: TicketState | None = None,
        priority: int | None = None,
        due: dt.datetime | None = None,
    ) -> Ticket:
        """Change what is given and leave the rest; a new ticket with an assignee is assigned.

        Raises:
            Conflict: the ticket is no longer the version that was read: read it again.
            Rejected: the move is not one of a ticket's, or nobody has the assignee's id.
        """
        ...

    def comment(self, key: str, ticket: Id, text: str, *, public: bool) -> Comment:
        """Say something on a ticket, or return what this key said; it stays said."""
        ...

    def find_comment(self, key: str) -> Comment | None:
        """Return what an earlier `comment` with this key said."""
        ...

    def comments(self, ticket: Id) -> list[Comment]:
        """Return what was said on a ticket, the oldest first."""
        ...

    def history(self, customer: Id, limit: int = 50) -> list[Ticket]:
        """Return a customer's tickets, the latest first; an unknown customer has none."""
        ...

    def load(self) -> dict[Id, int]:
        """Return how many tickets that are not resolved each assignee has; those with none lack."""
        ...
