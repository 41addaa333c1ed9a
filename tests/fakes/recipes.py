"""A `BillOfMaterials` over two dicts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tasks.erp_errors import NotFound
from tasks.inventory.contracts import BillOperation, Component
from tasks.values import Id
from tests.fakes.sales import FakeProducts


@dataclass
class FakeBoms:
    """Knows the kits by their lines, and of the products those that are in the catalogue."""

    products: FakeProducts
    lines: Mapping[Id, Sequence[Component]] = field(default_factory=dict)
    work: Mapping[Id, Sequence[BillOperation]] = field(default_factory=dict)

    def components(self, product: Id) -> list[Component]:
        self._check(product)
        return list(self.lines.get(product, ()))

    def operations(self, product: Id) -> list[BillOperation]:
        self._check(product)
        return list(self.work.get(product, ()))

    def _check(self, product: Id) -> None:
        if product not in self.lines:
            self.products.get(product)
        elif not self.lines[product]:
            raise NotFound(f"no record has the id {product!r}")
