"""The catalogue: what we sell."""

from collections.abc import Iterable
from typing import Protocol

from tasks.values import Id, Product

__all__ = ["ProductRepository"]


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
