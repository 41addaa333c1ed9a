"""The stock of the embedded ERP."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from tasks.adapters.embedded.sql.database import Database
from tasks.adapters.embedded.stock import flows
from tasks.adapters.embedded.stock.flows import Flow
from tasks.adapters.ids import numbers_of
from tasks.values import Id


class Stock:
    """A `StockLedger`; what open deliveries take is promised, and what production put aside."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def on_hand(self, products: Sequence[Id]) -> dict[Id, Decimal]:
        """Return what lies on the shelf."""
        return self._added_up(products, [flows.on_shelf(numbers_of("product", products))])

    def free(self, products: Sequence[Id]) -> dict[Id, Decimal]:
        """Return what is on hand and not promised."""
        known = numbers_of("product", products)
        promised = [flows.to_customers(known), flows.put_aside_here(known)]
        return self._added_up(products, [flows.on_shelf(known), *promised])

    def _added_up(self, products: Sequence[Id], parts: Iterable[Flow]) -> dict[Id, Decimal]:
        known = numbers_of("product", products)
        with self._database.reading() as connection:
            sums = flows.added_up(connection, parts)
        return dict.fromkeys(products, Decimal(0)) | {known[n]: sums[n] for n in sums}
