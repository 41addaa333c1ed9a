"""The bills of material and the routings in Tryton.

A kit is a phantom bill, with an id of its own, `kit:11`, which `components` takes as well. The
minutes of a routing's step are in its note; a step is done at the work centre of its category.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from tasks.adapters.ids import id_of, numbers_of
from tasks.adapters.rules.recipes import Line, Recipe
from tasks.adapters.tryton.books import Books
from tasks.adapters.tryton.notes import Notes
from tasks.adapters.tryton.production.bills import bill_of, kits, recipe_of
from tasks.adapters.tryton.production.steps import Minutes, centres_of, minutes_of
from tasks.adapters.tryton.wire import Record
from tasks.inventory.contracts import BillOperation, Component
from tasks.values import Id, Quantity

_STEPS = (
    "routing.steps.sequence",
    "routing.steps.operation.name",
    "routing.steps.operation.work_center_category",
)
#: an hour for one is told to the thousandth of a second
_HOURS = Decimal("0.000001")


class Boms:
    """A `BillOfMaterials`."""

    def __init__(self, books: Books) -> None:
        self._tryton = books.tryton
        self._bills = Notes(books.tryton, "production.bom")
        self._inputs = Notes(books.tryton, "production.bom.input")

    def components(self, product: Id) -> list[Component]:
        """Return what goes into a product or a kit directly."""
        row = self._bill(product)
        if row is None:
            return []
        recipe = recipe_of(row["bom."], row["product"])
        inputs = sorted(one["id"] for one in row["bom."]["inputs."])
        said = self._bills.latest([recipe.number]).get(recipe.number, {})
        scraps = self._inputs.latest(inputs)
        per = Decimal(said.get("quantity", recipe.quantity))
        return [
            _component(line, recipe, per, scraps.get(number, {}))
            for number, line in zip(inputs, recipe.lines, strict=True)
        ]

    def operations(self, product: Id) -> list[BillOperation]:
        """Return the work it takes, in the order it is done."""
        row = self._bill(product, _STEPS)
        routing = row and row.get("routing.")
        if not routing:
            return []
        steps = sorted(routing["steps."], key=lambda step: (step["sequence"] or 0, step["id"]))
        minutes = minutes_of(self._tryton, [step["id"] for step in steps])
        centres = centres_of(
            self._tryton, [step["operation."]["work_center_category"] for step in steps]
        )
        return [_operation(step, minutes[step["id"]], centres) for step in steps]

    def _bill(self, product: Id, asked: tuple[str, ...] = ()) -> Record | None:
        for number in numbers_of("kit", [product]):
            kit = kits(self._tryton, [number]).get(number)
            if kit is not None:
                return {"bom.": kit, "product": None}
        return bill_of(self._tryton, product, asked)


def _component(line: Line, recipe: Recipe, per: Decimal, said: Mapping[str, Any]) -> Component:
    scrap = Decimal(said.get("scrap_percent", 0))
    amount = line.quantity * per / recipe.quantity / (1 + scrap / 100)
    return Component(
        product=id_of("kit" if line.is_kit else "product", line.part),
        quantity=Quantity(amount=_plain(amount), unit=line.unit),
        per=Quantity(amount=per, unit=recipe.unit),
        scrap_percent=scrap,
        phantom=line.is_kit,
    )


def _operation(step: Record, minutes: Minutes, centres: Mapping[int | None, int]) -> BillOperation:
    operation = step["operation."]
    return BillOperation(
        name=operation["name"],
        work_centre=id_of("work_centre", centres[operation["work_center_category"]]),
        setup_hours=(minutes.setup / 60).quantize(_HOURS),
        hours=(minutes.each / 60).quantize(_HOURS),
    )


def _plain(amount: Decimal) -> Decimal:
    """Return an amount with no more digits than it needs.

    >>> _plain(Decimal("250.00"))
    Decimal('250')
    """
    whole = amount.to_integral_value()
    return whole if whole == amount else amount.normalize()
