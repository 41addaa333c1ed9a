"""What the stock book put aside, in the words of the contracts."""

from collections.abc import Mapping
from decimal import Decimal

from sqlalchemy import Connection, select

from tasks.adapters.embedded.sales.tables import products
from tasks.adapters.embedded.stock.book import Aside
from tasks.adapters.ids import id_of
from tasks.inventory.contracts import Reservation
from tasks.values import Id, Quantity, Wanted


def reservation(connection: Connection, document: Id, aside: Aside) -> Reservation:
    """Return what a document has put aside and what it lacks, in each product's unit."""
    wanted = {*aside.reserved, *aside.missing}
    query = select(products.c.id, products.c.unit).where(products.c.id.in_(wanted))
    units = {row.id: row.unit for row in connection.execute(query)}
    return Reservation(
        document=document,
        complete=not aside.missing,
        reserved=_parts(aside.reserved, units),
        missing=_parts(aside.missing, units),
    )


def _parts(amounts: Mapping[int, Decimal], units: Mapping[int, str]) -> tuple[Wanted, ...]:
    return tuple(
        Wanted(
            product=id_of("product", number),
            quantity=Quantity(amount=amount, unit=units[number]),
        )
        for number, amount in sorted(amounts.items())
    )
