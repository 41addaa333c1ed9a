"""What the embedded ERP keeps of invoices, and of the money that came for them."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from tasks.adapters.embedded.sales.tables import metadata
from tasks.adapters.embedded.sql.column_types import Exact
from tasks.billing.contracts import InvoiceState

_STATES = ", ".join(f"'{state}'" for state in InvoiceState)

#: credit notes too: their amounts are below zero, and `credits_id` says what they take back
invoices = Table(
    "erp_invoice",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("number", String(20), unique=True),
    Column("state", String(10), nullable=False, index=True),
    Column("customer_id", ForeignKey("erp_customer.id"), nullable=False, index=True),
    Column("date", Date, nullable=False, index=True),
    Column("due", Date),
    Column("origin", Text),
    Column("credits_id", ForeignKey("erp_invoice.id"), unique=True),
    Column("net", Exact, nullable=False),
    Column("tax", Exact, nullable=False),
    CheckConstraint(f"state IN ({_STATES})", name="erp_invoice_state"),
)

invoice_lines = Table(
    "erp_invoice_line",
    metadata,
    Column("invoice_id", ForeignKey("erp_invoice.id"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("product_id", ForeignKey("erp_product.id")),
    Column("text", Text, nullable=False),
    Column("quantity", Exact, nullable=False),
    Column("unit", ForeignKey("erp_unit.code"), nullable=False),
    Column("unit_price", Exact, nullable=False),
    Column("tax_rate", Exact, nullable=False),
    Column("amount", Exact, nullable=False),
)

payments = Table(
    "erp_payment",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("invoice_id", ForeignKey("erp_invoice.id"), nullable=False, index=True),
    Column("amount", Exact, nullable=False),
    Column("date", Date, nullable=False),
)

reminders = Table(
    "erp_reminder",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("invoice_id", ForeignKey("erp_invoice.id"), nullable=False),
    Column("level", Integer, nullable=False),
    Column("date", Date, nullable=False),
    UniqueConstraint("invoice_id", "level", name="erp_reminder_level"),
)
