"""Tickets as rows, and back."""

from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, select, update

from tasks.adapters.embedded.desk.maps import COMMENTS, TICKETS
from tasks.adapters.embedded.desk.tables import ticket_comments, tickets
from tasks.adapters.embedded.sql.records import read
from tasks.adapters.ids import no_such, number_of
from tasks.messaging.contracts import Comment, Ticket
from tasks.values import Id

KIND = "ticket"

FIRST_VERSION = 1


def read_tickets(connection: Connection, query: Select[Any]) -> list[Ticket]:
    """Return the tickets that a query of `tickets` finds, in its order."""
    rows = connection.execute(query)
    return [read(TICKETS, row, version=str(row.version)) for row in rows]


def find_ticket(connection: Connection, key: str) -> Ticket | None:
    """Return the ticket that has a key."""
    return next(iter(read_tickets(connection, select(tickets).filter_by(key=key))), None)


def get_ticket(connection: Connection, ticket: Id) -> Ticket:
    """Return one ticket.

    Raises:
        NotFound: no ticket has this id.
    """
    found = read_tickets(connection, select(tickets).filter_by(id=number_of(KIND, ticket)))
    if not found:
        raise no_such(KIND, ticket)
    return found[0]


def keep_change(connection: Connection, ticket: Ticket) -> None:
    """Write a ticket over what was there, as its next version."""
    columns = TICKETS.write(ticket) | {"version": tickets.c.version + 1}
    row = tickets.c.id == columns.pop("id")
    connection.execute(update(tickets).where(row).values(columns))


def read_comments(connection: Connection, condition: ColumnElement[bool]) -> list[Comment]:
    """Return the comments that fit, the oldest first."""
    query = select(ticket_comments).where(condition).order_by(ticket_comments.c.id)
    return [read(COMMENTS, row) for row in connection.execute(query)]
