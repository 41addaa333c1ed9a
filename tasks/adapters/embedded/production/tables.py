"""The documents of the workshop: production orders with all that hangs on them, and requests."""

from enum import StrEnum

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Integer,
    String,
    Table,
    Text,
    false,
)

from tasks.adapters.embedded.sales.tables import metadata
from tasks.adapters.embedded.sql.column_types import Exact, Measures, Moment
from tasks.adapters.embedded.sql.free_keys import key_until_taken_back
from tasks.inventory.contracts import CheckState, ProcurementState, ProductionState
from tasks.scheduling.contracts import OperationState


def _one_of(states: type[StrEnum]) -> str:
    return f"state IN ({', '.join(repr(str(state)) for state in states)})"


production_orders = Table(
    "erp_production_order",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("state", String(10), nullable=False),
    Column("product_id", ForeignKey("erp_product.id"), nullable=False, index=True),
    Column("quantity", Exact, nullable=False),
    Column("start", Date),
    Column("due", Date, nullable=False),
    CheckConstraint(_one_of(ProductionState), name="erp_production_order_state"),
)

#: what is reserved of it is the stock book's to know
production_materials = Table(
    "erp_production_material",
    metadata,
    Column("order_id", ForeignKey("erp_production_order.id"), primary_key=True),
    Column("product_id", ForeignKey("erp_product.id"), primary_key=True, index=True),
    Column("planned", Exact, nullable=False),
    Column("consumed", Exact, nullable=False),
    Column("cost", Exact, nullable=False),  #: of what is consumed, in cents
)

production_scraps = Table(
    "erp_production_scrap",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("order_id", ForeignKey("erp_production_order.id"), nullable=False, index=True),
    Column("quantity", Exact, nullable=False),
    Column("reason", Text, nullable=False),
)

production_operations = Table(
    "erp_production_operation",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("order_id", ForeignKey("erp_production_order.id"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("state", String(10), nullable=False),
    Column("work_centre_id", ForeignKey("erp_work_centre.id"), nullable=False),
    Column("hours", Exact, nullable=False),
    Column("start", Moment),
    Column("rework_key", Text, unique=True),  #: whoever asked for it, when it mends something
    CheckConstraint(_one_of(OperationState), name="erp_production_operation_state"),
)

work_bookings = Table(
    "erp_work_booking",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", Text, nullable=False),
    Column("order_id", ForeignKey("erp_production_order.id"), nullable=False, index=True),
    Column("person_id", ForeignKey("erp_person.id"), nullable=False),
    Column("hours", Exact, nullable=False),
    Column("on", Date, nullable=False),
    Column("cost", Exact, nullable=False),
    Column("taken_back", Boolean, nullable=False, server_default=false()),
)
key_until_taken_back(work_bookings)

quality_checks = Table(
    "erp_quality_check",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("order_id", ForeignKey("erp_production_order.id"), nullable=False, index=True),
    Column("plan_id", ForeignKey("erp_check_plan.id"), nullable=False),
    Column("state", String(10), nullable=False),
    Column("measured", Measures, nullable=False),
    Column("accepted_by", ForeignKey("erp_person.id")),
    CheckConstraint(_one_of(CheckState), name="erp_quality_check_state"),
)

procurement_requests = Table(
    "erp_procurement_request",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("state", String(10), nullable=False),
    Column("product_id", ForeignKey("erp_product.id"), nullable=False, index=True),
    Column("quantity", Exact, nullable=False),
    Column("due", Date, nullable=False),
    Column("origin", Text),
    Column("supplier_id", ForeignKey("erp_supplier.id"), nullable=False),
    Column("unit_price", Exact, nullable=False),
    CheckConstraint(_one_of(ProcurementState), name="erp_procurement_request_state"),
)
