"""The bills of material of the embedded ERP.

A kit is no product and has an id of its own, `kit:11`, which `components` takes as well.
"""

from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, select

from tasks.adapters.embedded.production.recipes import recipe_of, recipe_of_kit
from tasks.adapters.embedded.production.workshop_tables import bom_operations
from tasks.adapters.embedded.sales.tables import products
from tasks.adapters.embedded.sql.database import Database
from tasks.adapters.embedded.sql.records import row_of
from tasks.adapters.ids import id_of, numbers_of
from tasks.adapters.rules.recipes import Line, Recipe
from tasks.inventory.contracts import BillOperation, Component
from tasks.values import Id, Quantity

#: an hour for one is told to the thousandth of a second
_HOURS = Decimal("0.000001")


class Boms:
    """A `BillOfMaterials`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def components(self, product: Id) -> list[Component]:
        """Return what goes into a product or a kit directly."""
        with self._database.reading() as connection:
            recipe = _find(connection, product)
        return [] if recipe is None else [_component(line, recipe) for line in recipe.lines]

    def operations(self, product: Id) -> list[BillOperation]:
        """Return the work it takes, in the order it is done."""
        with self._database.reading() as connection:
            recipe = _find(connection, product)
            work = [] if recipe is None else work_of(connection, recipe)
        return [_operation(row) for row in work]


def work_of(connection: Connection, recipe: Recipe) -> list[Row[Any]]:
    """Return the operations of a recipe, in the order they are done."""
    query = select(bom_operations).where(bom_operations.c.bom_id == recipe.number)
    return list(connection.execute(query.order_by(bom_operations.c.sequence)))


def _find(connection: Connection, product: Id) -> Recipe | None:
    kits = [recipe_of_kit(connection, number) for number in numbers_of("kit", [product])]
    if any(kits):
        return kits[0]
    return recipe_of(connection, row_of(connection, products, "product", product).id)


def _component(line: Line, recipe: Recipe) -> Component:
    return Component(
        product=id_of("kit" if line.is_kit else "product", line.part),
        quantity=Quantity(amount=line.quantity, unit=line.unit),
        per=Quantity(amount=recipe.quantity, unit=recipe.unit),
        scrap_percent=line.scrap_percent,
        phantom=line.is_kit,
    )


def _operation(row: Row[Any]) -> BillOperation:
    return BillOperation(
        name=row.name,
        work_centre=id_of("work_centre", row.work_centre_id),
        setup_hours=(row.setup_minutes / 60).quantize(_HOURS),
        hours=(row.minutes / 60).quantize(_HOURS),
    )
