"""The stock of the embedded ERP."""

from collections.abc import Sequence
from decimal import Decimal

from sqlalchemy import select

from tasks.adapters.embedded import tables
from tasks.adapters.embedded.database import Database
from tasks.adapters.embedded.ids import numbers_of
from tasks.billing.contracts import OfferState
from tasks.values import Id


class Stock:
    """A `StockLedger`; what an ordered offer lists is promised."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def on_hand(self, products: Sequence[Id]) -> dict[Id, Decimal]:
        """Return what lies on the shelf."""
        known = numbers_of("product", products)
        row = tables.products.c
        query = select(row.id, row.on_hand).where(row.id.in_(known))
        amounts = dict.fromkeys(products, Decimal(0))
        with self._database.reading() as connection:
            for number, amount in connection.execute(query):
                amounts[known[number]] = amount
        return amounts

    def free(self, products: Sequence[Id]) -> dict[Id, Decimal]:
        """Return what is on hand and not promised."""
        known = numbers_of("product", products)
        line, offer = tables.offer_lines.c, tables.offers.c
        query = (
            select(line.product_id, line.quantity)
            .join(tables.offers, offer.id == line.offer_id)
            .where(line.product_id.in_(known), offer.state == OfferState.ORDERED)
        )
        amounts = self.on_hand(products)
        with self._database.reading() as connection:
            # Added up here: SQLite keeps a quantity as text, and SUM would make it a float.
            for number, promised in connection.execute(query):
                amounts[known[number]] -= promised
        return amounts
