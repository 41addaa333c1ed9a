"""What inventory needs from the ERP: the catalogue and the stock."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Protocol

from tasks.values import Id, Product, Quantity, Wanted

__all__ = ["Product", "ProductRepository", "Quantity", "StockLedger", "Wanted"]


class ProductRepository(Protocol):
    """What we sell."""

    def get(self, product: Id) -> Product:
        """Return one product.

        Raises:
            NotFound: no product has this id.
        """
        ...

    def by_codes(self, codes: Iterable[str]) -> dict[str, Product]:
        """Return the products that have these very codes, by code; unknown ones are left out."""
        ...

    def catalogue(self, after: str = "", limit: int = 500) -> list[Product]:
        """Return the next page in the order of the codes, those greater than `after`."""
        ...

    def catalogue_version(self) -> str:
        """Return a word that changes when the catalogue does, so that an index can be kept."""
        ...


class StockLedger(Protocol):
    """How much there is, in each product's own unit."""

    def on_hand(self, products: Sequence[Id]) -> dict[Id, Decimal]:
        """Return what lies on the shelf; an unknown product has none."""
        ...

    def free(self, products: Sequence[Id]) -> dict[Id, Decimal]:
        """Return what is on hand and not promised by an order; below zero when oversold."""
        ...
