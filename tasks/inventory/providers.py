"""What inventory's steps need to know beforehand: the whole catalogue, indexed."""

from collections.abc import Iterator

from tasks.inventory.contracts import ProductRepository
from tasks.inventory.matching import ProductIndex
from tasks.values import Product

_PAGE = 500


class CatalogueProvider:
    """Gives the index of a catalogue, built anew only when the catalogue has changed.

    The index of the repository asked last is kept for the life of the worker: building
    it takes longer than matching a mail.
    """

    _kept: tuple[ProductRepository, str, ProductIndex] | None = None

    @classmethod
    def index_of(cls, products: ProductRepository) -> ProductIndex:
        """Return the index of the catalogue as it is now."""
        version = products.catalogue_version()
        kept = cls._kept
        if kept and kept[0] is products and kept[1] == version:
            return kept[2]
        index = ProductIndex(_all(products))
        cls._kept = (products, version, index)
        return index


def _all(products: ProductRepository) -> Iterator[Product]:
    after = ""
    while page := products.catalogue(after=after, limit=_PAGE):
        yield from page
        after = page[-1].code
