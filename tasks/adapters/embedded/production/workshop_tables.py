"""What the embedded ERP knows of its workshop: recipes, work centres, checks, suppliers, rates.

A bill without a product is a kit: nobody makes it, its lines go into what names it.
"""

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Integer,
    String,
    Table,
    Time,
    UniqueConstraint,
)

from tasks.adapters.embedded.sales.tables import metadata
from tasks.adapters.embedded.sql.column_types import Exact
from tasks.inventory.contracts import CheckStage

work_centres = Table(
    "erp_work_centre",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("code", String(40), nullable=False, unique=True),
    Column("name", String(120), nullable=False),
    Column("hours_a_day", Exact, nullable=False),
    Column("places", Integer, nullable=False),
    Column("days", String(13), nullable=False),  #: of the ISO week, `1;3;5`
    Column("opens", Time, nullable=False),  #: by the clocks of the zone
    Column("zone", String(40), nullable=False),
)

boms = Table(
    "erp_bom",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("code", String(40), nullable=False, unique=True),
    Column("name", String(200), nullable=False),
    Column("product_id", ForeignKey("erp_product.id"), unique=True),
    Column("quantity", Exact, nullable=False),  #: its lines are for so much
    Column("unit", ForeignKey("erp_unit.code"), nullable=False),
)

bom_lines = Table(
    "erp_bom_line",
    metadata,
    Column("bom_id", ForeignKey("erp_bom.id"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("product_id", ForeignKey("erp_product.id")),
    Column("kit_id", ForeignKey("erp_bom.id")),
    Column("quantity", Exact, nullable=False),
    Column("unit", ForeignKey("erp_unit.code"), nullable=False),
    Column("scrap_percent", Exact, nullable=False),
    CheckConstraint("(product_id IS NULL) <> (kit_id IS NULL)", name="erp_bom_line_one"),
)

bom_operations = Table(
    "erp_bom_operation",
    metadata,
    Column("bom_id", ForeignKey("erp_bom.id"), primary_key=True),
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("name", String(120), nullable=False),
    Column("work_centre_id", ForeignKey("erp_work_centre.id"), nullable=False),
    Column("setup_minutes", Exact, nullable=False),
    Column("minutes", Exact, nullable=False),  #: for one of the product
)

_STAGES = ", ".join(f"'{stage}'" for stage in CheckStage)

check_plans = Table(
    "erp_check_plan",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("code", String(40), nullable=False, unique=True),
    Column("name", String(120), nullable=False),
    Column("product_id", ForeignKey("erp_product.id"), nullable=False, index=True),
    Column("stage", String(10), nullable=False),
    CheckConstraint(f"stage IN ({_STAGES})", name="erp_check_plan_stage"),
)

#: without limits it is answered by 1 or 0
check_points = Table(
    "erp_check_point",
    metadata,
    Column("plan_id", ForeignKey("erp_check_plan.id"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("name", String(40), nullable=False),
    Column("unit", String(20), nullable=False),
    Column("low", Exact),
    Column("high", Exact),
    UniqueConstraint("plan_id", "name", name="erp_check_point_once"),
)

suppliers = Table(
    "erp_supplier",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("code", String(40), nullable=False, unique=True),
    Column("name", String(200), nullable=False),
)

#: from a quantity on
supplier_prices = Table(
    "erp_supplier_price",
    metadata,
    Column("supplier_id", ForeignKey("erp_supplier.id"), primary_key=True),
    Column("product_id", ForeignKey("erp_product.id"), primary_key=True, index=True),
    Column("min_quantity", Exact, primary_key=True),
    Column("unit_price", Exact, nullable=False),
)

#: of an hour, from a day until the next one's
labour_rates = Table(
    "erp_labour_rate",
    metadata,
    Column("person_id", ForeignKey("erp_person.id"), primary_key=True),
    Column("since", Date, primary_key=True),
    Column("hour_cost", Exact, nullable=False),
)
