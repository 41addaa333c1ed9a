"""What the embedded ERP keeps; every name begins with `erp_`."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from tasks.adapters.embedded.sql.column_types import Exact, Moment, Words
from tasks.billing.contracts import OfferState

metadata = MetaData()

#: ordered byte by byte, as SQLite and Python do, whatever the server's language
_CODE = String(40).with_variant(String(40, collation="C"), "postgresql")

#: `shape` -> of the tables; `company` -> when it was loaded
meta = Table(
    "erp_meta",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("value", String(200), nullable=False),
)

units = Table(
    "erp_unit",
    metadata,
    Column("code", String(20), primary_key=True),
    Column("digits", Integer, nullable=False),  #: decimals a quantity may have
)

taxes = Table(
    "erp_tax",
    metadata,
    Column("code", String(20), primary_key=True),
    Column("name", String(80), nullable=False),
    Column("rate", Exact, nullable=False),  #: percent
)

people = Table(
    "erp_person",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("code", _CODE, nullable=False, unique=True),
    Column("name", String(120), nullable=False),
    Column("email", String(200), nullable=False, unique=True),  #: lower case
    Column("skills", Words, nullable=False),
)

products = Table(
    "erp_product",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("code", _CODE, nullable=False, unique=True),
    Column("name", String(200), nullable=False),
    Column("unit", ForeignKey("erp_unit.code"), nullable=False),
    Column("category", String(80), nullable=False),
    Column("list_price", Exact, nullable=False),
    Column("tax", ForeignKey("erp_tax.code"), nullable=False),
    Column("on_hand", Exact, nullable=False),
    Column("unit_cost", Exact, nullable=False),  #: moving average, four decimals
    Column("changed_at", Moment, nullable=False),  #: in the catalogue, not on the shelf
    CheckConstraint("CAST(on_hand AS NUMERIC) >= 0", name="erp_product_on_hand"),
)

price_lists = Table(
    "erp_price_list",
    metadata,
    Column("code", String(20), primary_key=True),
    Column("name", String(120), nullable=False),
)

#: for a product, else a category, else everything; from a quantity on; a price or a discount
price_rules = Table(
    "erp_price_rule",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("price_list", ForeignKey("erp_price_list.code"), nullable=False, index=True),
    Column("product_id", ForeignKey("erp_product.id")),
    Column("category", String(80)),
    Column("min_quantity", Exact, nullable=False),
    Column("discount", Exact),  #: percent off the list price
    Column("unit_price", Exact),
    CheckConstraint("(discount IS NULL) <> (unit_price IS NULL)", name="erp_price_or_discount"),
)

customers = Table(
    "erp_customer",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("code", _CODE, nullable=False, unique=True),
    Column("name", String(200), nullable=False),
    Column("folded_name", String(200), nullable=False),  #: SQLite's lower() knows ASCII only
    Column("vat", String(20), nullable=False, index=True),
    Column("price_list", ForeignKey("erp_price_list.code")),
    Column("salesperson_id", ForeignKey("erp_person.id")),
)

#: e-mail addresses, and domains that are a customer's own; lower case
contacts = Table(
    "erp_contact",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("customer_id", ForeignKey("erp_customer.id"), nullable=False, index=True),
    Column("kind", String(10), nullable=False),
    Column("value", String(200), nullable=False, index=True),
    CheckConstraint("kind IN ('email', 'domain')", name="erp_contact_kind"),
    UniqueConstraint("customer_id", "kind", "value", name="erp_contact_once"),
)

#: its row is the lock under which documents of a `numbering.Series` are numbered
counters = Table(
    "erp_counter",
    metadata,
    Column("series", String(10), primary_key=True),
    Column("year", Integer, primary_key=True, autoincrement=False),
    Column("last", Integer, nullable=False),
)

_STATES = ", ".join(f"'{state}'" for state in OfferState)

offers = Table(
    "erp_offer",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("number", String(20), nullable=False, unique=True),
    #: the caller's key; Tryton leaves it free, and two tries could make two offers
    Column("reference", Text, nullable=False, unique=True),
    Column("state", String(10), nullable=False),
    Column("customer_id", ForeignKey("erp_customer.id"), nullable=False),
    Column("salesperson_id", ForeignKey("erp_person.id")),
    Column("date", Date, nullable=False),
    Column("note", Text, nullable=False),
    Column("net", Exact, nullable=False),
    Column("tax", Exact, nullable=False),
    CheckConstraint(f"state IN ({_STATES})", name="erp_offer_state"),
)

offer_lines = Table(
    "erp_offer_line",
    metadata,
    Column("offer_id", ForeignKey("erp_offer.id"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("product_id", ForeignKey("erp_product.id"), nullable=False, index=True),
    Column("text", Text, nullable=False),
    Column("quantity", Exact, nullable=False),
    Column("unit", ForeignKey("erp_unit.code"), nullable=False),
    Column("unit_price", Exact, nullable=False),
    Column("amount", Exact, nullable=False),
    Column("tax_rate", Exact, nullable=False),
)

handovers = Table(
    "erp_handover",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("mail_key", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("sender", Text, nullable=False),
    Column("reasons", Words, nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("closed_at", Moment),
)
