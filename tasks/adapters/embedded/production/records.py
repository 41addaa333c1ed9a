"""Production orders as rows and back, and their moves from one state to another.

Whatever changes an order or what hangs on it claims the order first: that is one
UPDATE … WHERE state IN (…), which locks its row until the transaction ends. Of two who
want to scrap and finish at once, the second finds the order as the first left it.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, select, union_all, update

from tasks.adapters.embedded.production.tables import (
    production_materials,
    production_operations,
    production_orders,
    production_scraps,
)
from tasks.adapters.embedded.sales.tables import products
from tasks.adapters.embedded.sql import records
from tasks.adapters.embedded.stock import book
from tasks.adapters.ids import id_of, no_such, number_of
from tasks.adapters.rules.production import cannot_be
from tasks.inventory.contracts import Material, ProductionOrder, ProductionState, Scrap
from tasks.values import Id, Quantity

KIND = "production_order"


def document_number(order: int) -> str:
    """Return what people call an order, such as `MO-00012`."""
    return f"MO-{order:05}"


def hold(connection: Connection, order: Id) -> None:
    """Lock an order, whatever its state; one that there is not is let pass.

    Whoever looks for a key first holds: of two with one key the second sees what the first made,
    though the order has gone on since, and would refuse to make it.
    """
    records.hold(connection, production_orders, KIND, order)


def claim(
    connection: Connection,
    order: Id,
    verb: str,
    sources: Sequence[ProductionState],
    *,
    target: ProductionState | None = None,
) -> int:
    """Lock an order that is in one of the states `sources`, and move it to `target` if given.

    Args:
        verb: what is to be done with it, such as `started`.

    Returns:
        The order's number.

    Raises:
        NotFound: no order has this id.
        Rejected: it is in another state.
    """
    number = number_of(KIND, order)
    if _move(connection, number, sources, target):
        return number
    raise cannot_be(document_number(number), _state(connection, order), verb, sources)


def claim_unless(
    connection: Connection,
    order: Id,
    verb: str,
    sources: Sequence[ProductionState],
    *,
    target: ProductionState,
    stays: Sequence[ProductionState],
) -> int | None:
    """Claim an order, or return None when it is in one of the states `stays` already."""
    number = number_of(KIND, order)
    if _move(connection, number, sources, target):
        return number
    if _state(connection, order) in stays:
        return None
    return claim(connection, order, verb, sources, target=target)


def get_order(connection: Connection, order: Id) -> ProductionOrder:
    """Return one order.

    Raises:
        NotFound: no order has this id.
    """
    found = read_order(connection, production_orders.c.id == number_of(KIND, order))
    if found is None:
        raise no_such(KIND, order)
    return found


def find_order(connection: Connection, key: str) -> ProductionOrder | None:
    """Return the order that this key created, scrapped of or reworked."""
    scraps, operations = production_scraps.c, production_operations.c
    found = connection.scalars(
        union_all(
            select(production_orders.c.id).where(production_orders.c.key == key),
            select(scraps.order_id).where(scraps.key == key),
            select(operations.order_id).where(operations.rework_key == key),
        )
    ).first()
    return None if found is None else read_order(connection, production_orders.c.id == found)


def read_order(connection: Connection, condition: ColumnElement[bool]) -> ProductionOrder | None:
    """Return the one order that fits, with its materials and its scrap."""
    query = (
        select(production_orders, products.c.unit)
        .join(products, products.c.id == production_orders.c.product_id)
        .where(condition)
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    reserved = book.reserved(connection, id_of(KIND, row.id))
    return ProductionOrder(
        id=id_of(KIND, row.id),
        number=document_number(row.id),
        key=row.key,
        state=ProductionState(row.state),
        product=id_of("product", row.product_id),
        quantity=Quantity(amount=row.quantity, unit=row.unit),
        start=row.start,
        due=row.due,
        materials=tuple(
            _material(taken, reserved.get(taken.product_id, Decimal(0)))
            for taken in material_rows(connection, row.id)
        ),
        scrapped=_scrapped(connection, row),
    )


def material_rows(connection: Connection, order: int) -> Sequence[Row[Any]]:
    """Return what an order takes, with each product's unit, in the order of the products."""
    query = (
        select(production_materials, products.c.unit)
        .join(products, products.c.id == production_materials.c.product_id)
        .where(production_materials.c.order_id == order)
        .order_by(production_materials.c.product_id)
    )
    return connection.execute(query).all()


def _move(
    connection: Connection,
    order: int,
    sources: Sequence[ProductionState],
    target: ProductionState | None,
) -> bool:
    row = production_orders.c
    may_move = (row.id == order) & row.state.in_(sources)
    move = update(production_orders).where(may_move).values(state=target or row.state)
    return connection.execute(move).rowcount > 0


def _state(connection: Connection, order: Id) -> ProductionState:
    return ProductionState(records.row_of(connection, production_orders, KIND, order).state)


def _material(row: Row[Any], reserved: Decimal) -> Material:
    return Material(
        product=id_of("product", row.product_id),
        planned=Quantity(amount=row.planned, unit=row.unit),
        reserved=Quantity(amount=reserved, unit=row.unit),
        consumed=Quantity(amount=row.consumed, unit=row.unit),
    )


def _scrapped(connection: Connection, order: Row[Any]) -> tuple[Scrap, ...]:
    scrap = production_scraps.c
    query = select(production_scraps).where(scrap.order_id == order.id).order_by(scrap.id)
    return tuple(
        Scrap(
            key=row.key,
            quantity=Quantity(amount=row.quantity, unit=order.unit),
            reason=row.reason,
        )
        for row in connection.execute(query)
    )
