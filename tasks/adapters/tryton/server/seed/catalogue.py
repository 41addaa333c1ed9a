"""What the company sells, and at which prices."""

from decimal import Decimal
from typing import Any

from tasks.adapters.company.costs import unit_costs
from tasks.adapters.company.files import rows
from tasks.adapters.tryton.connection import Tryton
from tasks.adapters.tryton.server.seed.lookup import ids_by, the_company, units
from tasks.adapters.tryton.wire import Record, float_of

#: of one call; on SQLite, Tryton asks for the records it has made one by one, in a single question
_BATCH = 40


def list_products(tryton: Tryton) -> None:
    """Make categories, products, services and price lists."""
    names = sorted({row["category"] for row in rows("products")})
    tryton.create("product.category", [{"name": name} for name in names])
    by_unit = units(tryton)
    taxes = ids_by(tryton, "product.category", "name", [("accounting", "=", True)])
    categories = ids_by(tryton, "product.category", "name", [("accounting", "=", False)])
    costs = unit_costs()
    made = {row["product"] for row in rows("boms")}
    goods = [
        {
            **_article(row, by_unit, taxes),
            "type": "goods",
            "categories": [("add", [categories[row["category"]]])],
            "cost_price_method": "average",
            "producible": row["code"] in made,
            **_bought(row, by_unit, made),
            "products": [("create", [{"cost_price": costs[row["code"]]}])],
        }
        for row in rows("products")
    ]
    services = [
        {
            **_article(row, by_unit, taxes),
            "type": "service",
            "cost_price_method": "fixed",
            "products": [("create", [{"cost_price": Decimal(0)}])],
        }
        for row in rows("services")
    ]
    templates = [*goods, *services]
    for first in range(0, len(templates), _BATCH):
        tryton.create("product.template", templates[first : first + _BATCH])
    _make_price_lists(tryton, categories)


def _article(row: Record, by_unit: dict[str, int], taxes: dict[str, int]) -> Record:
    unit = by_unit[row["unit"]]
    return {
        "code": row["code"],
        "name": row["name"],
        "default_uom": unit,
        "salable": True,
        "sale_uom": unit,
        "list_price": row["list_price"],
        "account_category": taxes[row["tax"]],
    }


def _bought(row: Record, by_unit: dict[str, int], made: set[str]) -> Record:
    if row["code"] in made:
        return {}
    return {"purchasable": True, "purchase_uom": by_unit[row["unit"]]}


def _make_price_lists(tryton: Tryton, categories: dict[str, int]) -> None:
    company = the_company(tryton)
    products = ids_by(tryton, "product.product", "code")
    tryton.create(
        "product.price_list",
        [
            {
                "name": row["code"],
                "company": company,
                "price": "list_price",
                "lines": [
                    (
                        "create",
                        [
                            _line(number, rule, products, categories)
                            for number, rule in enumerate(_in_order(row["code"]), start=1)
                        ],
                    )
                ],
            }
            for row in rows("price_lists")
        ],
    )


def _in_order(price_list: str) -> list[dict[str, Any]]:
    """Return the rules of a list, those that say most first: Tryton takes the first that fits."""
    rules = [row for row in rows("price_rules") if row["price_list"] == price_list]
    return sorted(
        rules,
        key=lambda rule: (not rule["product"], not rule["category"], -rule["min_quantity"]),
    )


def _line(
    number: int, rule: Record, products: dict[str, int], categories: dict[str, int]
) -> Record:
    price = rule["unit_price"]
    left = 1 - (rule["discount"] or 0) / Decimal(100)
    return {
        "sequence": number,
        "product": products[rule["product"]] if rule["product"] else None,
        "category": categories[rule["category"]] if rule["category"] else None,
        "quantity": float_of(rule["min_quantity"]),
        "formula": f"Decimal('{price}')" if price is not None else f"unit_price * {left}",
    }
