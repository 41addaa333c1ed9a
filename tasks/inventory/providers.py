"""What inventory's steps need to know beforehand: the catalogue, bills of material, gates."""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from tasks.inventory.bills import Bills
from tasks.inventory.contracts import (
    BillOfMaterials,
    CheckPlan,
    CheckStage,
    CheckState,
    Component,
    ProductRepository,
    QualityCheck,
    QualityChecks,
    StockLedger,
)
from tasks.inventory.matching import ProductIndex
from tasks.values import Id, Product

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


class BillProvider:
    """Gathers all that holding needs against the stock takes: bills, products, and what is free."""

    def __init__(
        self, boms: BillOfMaterials, products: ProductRepository, stock: StockLedger
    ) -> None:
        self._boms = boms
        self._products = products
        self._stock = stock

    def bills(self, wanted: Iterable[Id]) -> Bills:
        """Return the bills of these products, and of all that goes into them.

        A circle in them is gone through once: the rule refuses it, and names it.
        """
        lines: dict[Id, Sequence[Component]] = {}
        stored: dict[Id, Product] = {}
        left = [(product, False) for product in dict.fromkeys(wanted)]
        while left:
            product, phantom = left.pop()
            if not phantom and product not in stored:
                stored[product] = self._products.get(product)
            if product not in lines:
                lines[product] = self._boms.components(product)
                left += [(line.product, line.phantom) for line in lines[product]]
        return Bills(lines, stored)

    def free(self, bills: Bills) -> dict[Id, Decimal]:
        """Return what is on the shelf and nobody's, of all that the bills are about."""
        return self._stock.free(list(bills.products))


class GateProvider:
    """Gathers the gates of a production order."""

    def __init__(self, quality: QualityChecks) -> None:
        self._quality = quality

    def plans(self, order: Id) -> list[CheckPlan]:
        """Return what has to be checked of it, at all stages."""
        return [plan for stage in CheckStage for plan in self._quality.required(order, stage)]

    def latest(self, order: Id) -> dict[Id, QualityCheck]:
        """Return the check that counts, by plan; a withdrawn one does not."""
        return {
            check.plan: check
            for check in self._quality.of(order)
            if check.state is not CheckState.WITHDRAWN
        }
