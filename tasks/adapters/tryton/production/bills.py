"""The bills of material in Tryton, as recipes.

A bill is for as many of its product as its outputs say, and takes its scrap among the inputs: that
is what an order's materials are counted from, exactly. What the company calls scrap is a note of
the input, for people and `BillOfMaterials`.

Tryton counts in floats: of a bill for 100, seven take `ceil(100 * 0.07)`, which is 8. So an order
that we write has the amounts that the bill says, and not those.
"""

from collections.abc import Iterable, Sequence

from tasks.adapters.ids import number_of
from tasks.adapters.rules.recipes import Line, Recipe
from tasks.adapters.tryton.connection import Tryton
from tasks.adapters.tryton.records import existing
from tasks.adapters.tryton.wire import Record, decimal_of
from tasks.values import Id

_MODEL = "production.bom"
#: which bill and which routing a product has
OF_PRODUCTS = "product.product-production.bom"

_ASKED = (
    "phantom",
    "phantom_quantity",
    "phantom_unit.symbol",
    "outputs.product",
    "outputs.quantity",
    "outputs.unit.symbol",
    "inputs.product",
    "inputs.phantom_bom",
    "inputs.quantity",
    "inputs.unit.symbol",
)


def bill_of(tryton: Tryton, product: Id, asked: Sequence[str] = ()) -> Record | None:
    """Return how a product is made: the first of its bills, as Tryton itself takes it.

    Args:
        tryton: the connection.
        product: of our ids.
        asked: what else to read of `OF_PRODUCTS`; the bill itself is under `bom.`.

    Raises:
        NotFound: no product has this id.
    """
    number = number_of("product", product)
    fields = ["product", "routing", *(f"bom.{name}" for name in _ASKED), *asked]
    found = tryton.search_read(OF_PRODUCTS, [("product", "=", number)], fields, limit=1)
    if found:
        return found[0]
    existing(tryton, "product.product", "product", product)
    return None


def kits(tryton: Tryton, numbers: Iterable[int]) -> dict[int, Record]:
    """Return the phantom bills among these, by their numbers."""
    domain = [("id", "in", list(numbers)), ("phantom", "=", True)]
    return {row["id"]: row for row in tryton.search_read(_MODEL, domain, _ASKED)}


def with_kits(tryton: Tryton, bill: Record, product: int) -> tuple[Recipe, dict[int, Recipe]]:
    """Return the recipe of a product, and those of all kits that go into it, by number."""
    recipe = recipe_of(bill, product)
    opened: dict[int, Recipe] = {}
    wanted = _kits_in([recipe])
    while wanted:
        found = [recipe_of(row) for row in kits(tryton, wanted).values()]
        opened |= {one.number: one for one in found}
        wanted = _kits_in(found) - opened.keys()
    return recipe, opened


def recipe_of(bill: Record, product: int | None = None) -> Recipe:
    """Return what a bill says, its scrap among the lines.

    Args:
        bill: with the fields that are asked of one.
        product: of which; a phantom's is left out.
    """
    made = [row for row in bill["outputs."] if product is not None and row["product"] == product]
    if bill["phantom"]:
        made = [{"quantity": bill["phantom_quantity"], "unit.": bill["phantom_unit."]}]
    return Recipe(
        bill["id"],
        sum((decimal_of(row["quantity"]) for row in made), decimal_of(0)),
        made[0]["unit."]["symbol"],
        tuple(_line(row) for row in sorted(bill["inputs."], key=_by_id)),
    )


def _line(row: Record) -> Line:
    is_kit = row["phantom_bom"] is not None
    part: int = row["phantom_bom"] if is_kit else row["product"]
    return Line(part, is_kit, decimal_of(row["quantity"]), row["unit."]["symbol"], decimal_of(0))


def _by_id(row: Record) -> int:
    return int(row["id"])


def _kits_in(recipes: Iterable[Recipe]) -> set[int]:
    return {line.part for recipe in recipes for line in recipe.lines if line.is_kit}
