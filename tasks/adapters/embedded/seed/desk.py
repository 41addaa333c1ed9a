"""Puts the sample company's tickets on a new ERP's service desk, and what was said on them."""

import datetime as dt

from sqlalchemy import Connection, insert, select

from tasks.adapters.company.files import rows
from tasks.adapters.embedded.desk.tables import ticket_comments, tickets
from tasks.adapters.embedded.desk.ticket_records import FIRST_VERSION
from tasks.adapters.embedded.sales import tables
from tasks.adapters.embedded.sql.codes import numbers_by_code


def load_tickets(connection: Connection, now: dt.datetime) -> None:
    """Load them; customers and people are there.

    Args:
        connection: that writes.
        now: what the files' hours are counted from.
    """
    customers = numbers_by_code(connection, tables.customers)
    people = numbers_by_code(connection, tables.people)
    opened = [
        {
            "key": row["key"],
            "title": row["title"],
            "text": row["text"],
            "customer_id": customers[row["customer"]] if row["customer"] else None,
            "requester": row["requester"],
            "priority": row["priority"],
            "tags": sorted(row["tags"]),
            "due": None if row["due_in"] is None else now + row["due_in"],
            "state": row["state"],
            "assignee_id": people[row["assignee"]] if row["assignee"] else None,
            "opened_at": now - row["opened_ago"],
            "version": FIRST_VERSION,
        }
        for row in rows("tickets")
    ]
    connection.execute(insert(tickets), opened)
    _load_comments(connection, now)


def _load_comments(connection: Connection, now: dt.datetime) -> None:
    numbers = {row.key: row.id for row in connection.execute(select(tickets.c.key, tickets.c.id))}
    said = [
        {
            "key": f"{row['ticket']} comment {position}",
            "ticket_id": numbers[row["ticket"]],
            "text": row["text"],
            "public": row["public"],
            "written_at": now - row["written_ago"],
        }
        for position, row in enumerate(rows("ticket_comments"), start=1)
    ]
    connection.execute(insert(ticket_comments), said)
