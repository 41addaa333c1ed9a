"""What the general ledger keeps: accounts, and entries of debits and credits."""

from sqlalchemy import Column, Date, ForeignKey, Integer, String, Table, Text, UniqueConstraint

from tasks.adapters.embedded.sales.tables import metadata
from tasks.adapters.embedded.sql.column_types import Exact

accounts = Table(
    "erp_account",
    metadata,
    Column("use", String(20), primary_key=True),  #: a `journal.Account`
    Column("code", String(20), nullable=False, unique=True),
    Column("name", String(120), nullable=False),
    Column("kind", String(20), nullable=False),  #: an `AccountKind`
)

#: written once, never changed
entries = Table(
    "erp_entry",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("document", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("date", Date, nullable=False),
    #: a document is booked once for a purpose, whoever tries again
    UniqueConstraint("document", "purpose", name="erp_entry_once"),
)

entry_lines = Table(
    "erp_entry_line",
    metadata,
    Column("entry_id", ForeignKey("erp_entry.id"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("account", ForeignKey("erp_account.use"), nullable=False, index=True),
    Column("amount", Exact, nullable=False),  #: above zero a debit, below zero a credit
    Column("text", Text, nullable=False),
)
