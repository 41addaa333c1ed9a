"""What the sample company's products cost it on the first day, before anything moved."""

from collections import defaultdict
from decimal import Decimal

from tasks.adapters.company.files import rows
from tasks.adapters.rules.valuation import UNIT_COST_STEP

#: of the list price: what a product costs of which no supplier's price is known
_USUAL_SHARE = Decimal("0.6")


def unit_costs() -> dict[str, Decimal]:
    """Return the cost of one of each product, by code, in four decimals.

    It is the least that a supplier takes for one, else the usual share of the list price.
    """
    asked: defaultdict[str, list[Decimal]] = defaultdict(list)
    for price in rows("supplier_prices"):
        if price["min_quantity"] <= 1:
            asked[price["product"]].append(price["unit_price"])
    return {
        row["code"]: min(asked[row["code"]], default=row["list_price"] * _USUAL_SHARE).quantize(
            UNIT_COST_STEP
        )
        for row in rows("products")
    }
