"""What production orders cost in the embedded ERP, and what the books say of it."""

from decimal import Decimal

from sqlalchemy import Connection, select

from tasks.accounting import Posting
from tasks.adapters.embedded.currency import money
from tasks.adapters.embedded.invoicing import journal
from tasks.adapters.embedded.production import work as production_work
from tasks.adapters.embedded.production.records import KIND, material_rows
from tasks.adapters.embedded.production.tables import production_materials, production_orders
from tasks.adapters.embedded.sales.tables import products
from tasks.adapters.embedded.sql.database import Database
from tasks.adapters.embedded.sql.records import row_of
from tasks.adapters.rules.production import PLANNED
from tasks.adapters.rules.valuation import cost_of
from tasks.inventory.contracts import ProductionCost
from tasks.values import Id


class Costs:
    """A `Costing`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, order: Id) -> ProductionCost:
        """Return the cost of a production order as it is now, in whole cents."""
        with self._database.reading() as connection:
            row = row_of(connection, production_orders, KIND, order)
            if row.state in PLANNED:
                material = _planned(connection, row.id)
            else:
                material = consumed(connection, row.id)
            labour = worked(connection, row.id)
        return ProductionCost(
            order=order,
            material=money(material),
            labour=money(labour),
            total=money(material + labour),
        )

    def postings(self, order: Id) -> list[Posting]:
        """Return what a production order did to the accounts, in the order it happened."""
        with self._database.reading() as connection:
            row_of(connection, production_orders, KIND, order)
            return journal.postings(connection, order)


def consumed(connection: Connection, order: int) -> Decimal:
    """Return what the materials cost that an order consumed."""
    return sum((row.cost for row in material_rows(connection, order)), Decimal("0.00"))


def worked(connection: Connection, order: int) -> Decimal:
    """Return what the work cost that is booked on an order."""
    booked = production_work.booked_on(connection, order)
    return sum((booking.cost.amount for booking in booked), Decimal("0.00"))


def _planned(connection: Connection, order: int) -> Decimal:
    """Return what the planned materials would cost today."""
    query = (
        select(production_materials.c.planned, products.c.unit_cost)
        .join(products, products.c.id == production_materials.c.product_id)
        .where(production_materials.c.order_id == order)
    )
    return sum((cost_of(*row) for row in connection.execute(query)), Decimal("0.00"))
