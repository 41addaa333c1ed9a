"""What the embedded ERP keeps of its service desk: tickets, what was said on them, and articles."""

from sqlalchemy import Boolean, CheckConstraint, Column, ForeignKey, Integer, String, Table, Text

from tasks.adapters.embedded.sales.tables import metadata
from tasks.adapters.embedded.sql.column_types import Moment, Words
from tasks.messaging.contracts import TicketState

_STATES = ", ".join(f"'{state}'" for state in TicketState)

tickets = Table(
    "erp_ticket",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("customer_id", ForeignKey("erp_customer.id"), index=True),
    Column("requester", Text, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("tags", Words, nullable=False),
    Column("due", Moment),
    Column("state", String(10), nullable=False, index=True),
    Column("assignee_id", ForeignKey("erp_person.id")),
    Column("opened_at", Moment, nullable=False),
    Column("version", Integer, nullable=False),  #: counts the changes
    CheckConstraint(f"state IN ({_STATES})", name="erp_ticket_state"),
    CheckConstraint("priority BETWEEN 1 AND 5", name="erp_ticket_priority"),
)

ticket_comments = Table(
    "erp_ticket_comment",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("ticket_id", ForeignKey("erp_ticket.id"), nullable=False, index=True),
    Column("text", Text, nullable=False),
    Column("public", Boolean, nullable=False),
    Column("written_at", Moment, nullable=False),
)

articles = Table(
    "erp_article",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("tags", Words, nullable=False),
    Column("language", Text, nullable=False),
)
