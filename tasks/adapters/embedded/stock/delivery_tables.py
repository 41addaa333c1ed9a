"""What the embedded ERP keeps of deliveries."""

from sqlalchemy import CheckConstraint, Column, Date, ForeignKey, Integer, String, Table

from tasks.adapters.embedded.sales.tables import metadata
from tasks.adapters.embedded.sql.column_types import Exact
from tasks.inventory.contracts import DeliveryState

_STATES = ", ".join(f"'{state}'" for state in DeliveryState)

deliveries = Table(
    "erp_delivery",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("number", String(20), nullable=False, unique=True),
    Column("offer_id", ForeignKey("erp_offer.id"), nullable=False, index=True),
    Column("customer_id", ForeignKey("erp_customer.id"), nullable=False),
    Column("state", String(10), nullable=False, index=True),
    Column("planned", Date, nullable=False),
    CheckConstraint(f"state IN ({_STATES})", name="erp_delivery_state"),
)

delivery_lines = Table(
    "erp_delivery_line",
    metadata,
    Column("delivery_id", ForeignKey("erp_delivery.id"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("product_id", ForeignKey("erp_product.id"), nullable=False, index=True),
    Column("quantity", Exact, nullable=False),
    Column("unit", ForeignKey("erp_unit.code"), nullable=False),
)
