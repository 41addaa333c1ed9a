"""The bills of material of the embedded ERP, as rows and back."""

from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, select

from tasks.adapters.embedded.production.workshop_tables import bom_lines, boms
from tasks.adapters.embedded.sales.tables import products, units
from tasks.adapters.ids import id_of, no_such
from tasks.adapters.rules.recipes import Line, Recipe, exact_materials, rounded_up


def recipe_of(connection: Connection, product: int) -> Recipe | None:
    """Return the recipe of a product; None when it is bought."""
    return _recipe(connection, select(boms).where(boms.c.product_id == product))


def recipe_of_kit(connection: Connection, kit: int) -> Recipe | None:
    """Return what is in a kit; None when there is no such kit."""
    is_kit = (boms.c.id == kit) & boms.c.product_id.is_(None)
    return _recipe(connection, select(boms).where(is_kit))


def planned_materials(
    connection: Connection, recipe: Recipe, quantity: Decimal
) -> dict[int, Decimal]:
    """Return how much of each product so many take, in the order of the products' numbers.

    One level down, with scrap, and kits opened; rounded up to what the product's unit allows,
    once a product.
    """
    needed = exact_materials(recipe, quantity, lambda kit: _kit(connection, kit))
    query = (
        select(products.c.id, units.c.digits)
        .join(units, units.c.code == products.c.unit)
        .where(products.c.id.in_(needed))
        .order_by(products.c.id)
    )
    return {
        number: rounded_up(needed[number], digits) for number, digits in connection.execute(query)
    }


def _kit(connection: Connection, kit: int) -> Recipe:
    recipe = recipe_of_kit(connection, kit)
    if recipe is None:
        raise no_such("kit", id_of("kit", kit))
    return recipe


def _recipe(connection: Connection, query: Any) -> Recipe | None:
    bom = connection.execute(query).one_or_none()
    if bom is None:
        return None
    lines = select(bom_lines).where(bom_lines.c.bom_id == bom.id).order_by(bom_lines.c.position)
    return Recipe(bom.id, bom.quantity, bom.unit, tuple(map(_line, connection.execute(lines))))


def _line(row: Row[Any]) -> Line:
    is_kit = row.kit_id is not None
    part = row.kit_id if is_kit else row.product_id
    return Line(part, is_kit, row.quantity, row.unit, row.scrap_percent)
