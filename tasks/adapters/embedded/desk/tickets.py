"""The service desk of the embedded ERP."""

import datetime as dt

from sqlalchemy import Connection, func, select

from tasks.adapters.clock import Clock, utc_now
from tasks.adapters.embedded.desk.tables import ticket_comments, tickets
from tasks.adapters.embedded.desk.ticket_records import (
    FIRST_VERSION,
    KIND,
    find_ticket,
    get_ticket,
    keep_change,
    read_comments,
    read_tickets,
)
from tasks.adapters.embedded.sales.customers import customer_number
from tasks.adapters.embedded.sales.tables import people
from tasks.adapters.embedded.sql.database import Database, insert_new
from tasks.adapters.embedded.sql.records import hold, row_of
from tasks.adapters.ids import id_of, numbers_of
from tasks.adapters.rules.tickets import (
    check_draft,
    check_due,
    check_priority,
    check_version,
    moved,
)
from tasks.erp_errors import Rejected
from tasks.messaging.contracts import Comment, Ticket, TicketDraft, TicketState
from tasks.values import Id

_UNRESOLVED = tickets.c.state != TicketState.RESOLVED


class TicketDesk:
    """A `Tickets`; `clock` says when each ticket was opened, and each comment written.

    What is said on a ticket is not part of it: a comment leaves its version as it is.
    """

    def __init__(self, database: Database, clock: Clock = utc_now) -> None:
        self._database = database
        self._clock = clock

    def find(self, key: str) -> Ticket | None:
        """Return the ticket that an earlier `create` with this key made."""
        with self._database.reading() as connection:
            return find_ticket(connection, key)

    def create(self, key: str, draft: TicketDraft) -> Ticket:
        """Open a ticket, or return the one that this key opened."""
        if known := self.find(key):
            return known
        check_draft(draft)
        with self._database.writing() as connection:
            buyer = draft.customer and customer_number(connection, draft.customer)
            insert_new(
                connection,
                tickets,
                key=key,
                title=draft.title,
                text=draft.text,
                customer_id=buyer,
                requester=draft.requester,
                priority=draft.priority,
                tags=sorted(draft.tags),
                due=draft.due,
                state=TicketState.NEW,
                opened_at=self._clock(),
                version=FIRST_VERSION,
            )
            return read_tickets(connection, select(tickets).filter_by(key=key))[0]

    def get(self, ticket: Id) -> Ticket:
        """Return one ticket."""
        with self._database.reading() as connection:
            return get_ticket(connection, ticket)

    def open(self, due_before: dt.datetime | None = None) -> list[Ticket]:
        """Return what is not resolved, or of that what is due before a time."""
        check_due(due_before)
        query = select(tickets).where(_UNRESOLVED)
        if due_before is not None:
            query = query.where(tickets.c.due < due_before)
        with self._database.reading() as connection:
            # The databases differ in where they put what has no due time.
            return read_tickets(
                connection, query.order_by(tickets.c.due.nulls_last(), tickets.c.id)
            )

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
        """Change what is given and leave the rest; what changes nothing makes no new version."""
        given = {"assignee": assignee, "priority": priority, "due": due}
        with self._database.writing() as connection:
            hold(connection, tickets, KIND, ticket)
            before = get_ticket(connection, ticket)
            check_version(before, version)
            _check_change(connection, assignee=assignee, priority=priority, due=due)
            changes = {name: value for name, value in given.items() if value is not None}
            changes["state"] = moved(before, assignee, state)
            after = before.model_copy(update=changes)
            if after == before:
                return before
            keep_change(connection, after)
            return get_ticket(connection, ticket)

    def comment(self, key: str, ticket: Id, text: str, *, public: bool) -> Comment:
        """Say something on a ticket, or return what this key said."""
        if known := self.find_comment(key):
            return known
        with self._database.writing() as connection:
            insert_new(
                connection,
                ticket_comments,
                key=key,
                ticket_id=row_of(connection, tickets, KIND, ticket).id,
                text=text,
                public=public,
                written_at=self._clock(),
            )
            return read_comments(connection, ticket_comments.c.key == key)[0]

    def find_comment(self, key: str) -> Comment | None:
        """Return what an earlier `comment` with this key said."""
        with self._database.reading() as connection:
            return next(iter(read_comments(connection, ticket_comments.c.key == key)), None)

    def comments(self, ticket: Id) -> list[Comment]:
        """Return what was said on a ticket, the oldest first."""
        with self._database.reading() as connection:
            number = row_of(connection, tickets, KIND, ticket).id
            return read_comments(connection, ticket_comments.c.ticket_id == number)

    def history(self, customer: Id, limit: int = 50) -> list[Ticket]:
        """Return a customer's tickets, the latest first."""
        theirs = tickets.c.customer_id.in_(numbers_of("customer", [customer]))
        latest = select(tickets).where(theirs).order_by(tickets.c.opened_at.desc())
        with self._database.reading() as connection:
            return read_tickets(connection, latest.order_by(tickets.c.id.desc()).limit(limit))

    def load(self) -> dict[Id, int]:
        """Return how many tickets that are not resolved each assignee has."""
        query = (
            select(tickets.c.assignee_id, func.count())
            .where(_UNRESOLVED, tickets.c.assignee_id.is_not(None))
            .group_by(tickets.c.assignee_id)
        )
        with self._database.reading() as connection:
            return {id_of("person", who): count for who, count in connection.execute(query)}


def _check_change(
    connection: Connection, *, assignee: Id | None, priority: int | None, due: dt.datetime | None
) -> None:
    if assignee is not None:
        _check_assignee(connection, assignee)
    if priority is not None:
        check_priority(priority)
    check_due(due)


def _check_assignee(connection: Connection, assignee: Id) -> None:
    known = select(people.c.id).where(people.c.id.in_(numbers_of("person", [assignee])))
    if connection.execute(known).one_or_none() is None:
        raise Rejected(f"nobody has the id {assignee!r}: give a ticket to somebody who works here")
