"""What the stock keeps beside the products: what is put aside, and what came and went."""

from sqlalchemy import Column, Date, ForeignKey, Integer, Table, Text, UniqueConstraint

from tasks.adapters.embedded.sales.tables import metadata
from tasks.adapters.embedded.sql.column_types import Exact

#: gone when the goods are, or when they are given back
reservations = Table(
    "erp_reservation",
    metadata,
    Column("document", Text, primary_key=True),
    Column("product_id", ForeignKey("erp_product.id"), primary_key=True, index=True),
    Column("amount", Exact, nullable=False),
)

#: written once, never changed; the amounts of a product add up to what is on hand
stock_moves = Table(
    "erp_stock_move",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("date", Date, nullable=False),
    Column("document", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("product_id", ForeignKey("erp_product.id"), nullable=False, index=True),
    Column("amount", Exact, nullable=False),  #: above zero in, below zero out
    Column("unit_cost", Exact, nullable=False),
    UniqueConstraint("document", "purpose", "product_id", name="erp_stock_move_once"),
)
