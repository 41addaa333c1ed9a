"""The company in Tryton is the one of the embedded ERP: its prices, its stock, its bills."""

import datetime as dt
import math
from contextlib import closing
from decimal import Decimal

import pytest

from tasks.adapters import ERPFactory
from tasks.adapters.company.files import rows
from tasks.adapters.tryton.wire import decimal_of
from tasks.values import Quantity, Wanted

pytestmark = pytest.mark.timeout(300)  # the first test starts a server

#: customers of each price list, and one of none
CUSTOMERS = {row["price_list"]: row["code"] for row in rows("customers")}
#: one of each category, and all that have a price of their own
PRODUCTS = sorted(
    set({row["category"]: row["code"] for row in rows("products")}.values())
    | {row["product"] for row in rows("price_rules") if row["product"]}
)


def quantities(price_list):
    """Return quantities just below and at each from which the list has another price."""
    known = {row["min_quantity"] for row in rows("price_rules") if row["price_list"] == price_list}
    around = {Decimal(1)} | known | {quantity - 1 for quantity in known}
    return sorted(quantity for quantity in around if quantity > 0)


def test_there_is_as_much_of_everything(tryton):
    counts = {
        "product.product": [("salable", "=", True)],
        "company.employee": [],
        "product.price_list": [],
        "production.bom": [],
        "purchase.product_supplier": [],
    }

    found = {model: tryton.count(model, domain) for model, domain in counts.items()}

    assert found == {
        "product.product": len(rows("products")) + len(rows("services")),
        "company.employee": len(rows("people")),
        "product.price_list": len(rows("price_lists")),
        "production.bom": len(rows("boms")),
        "purchase.product_supplier": len(
            {(row["supplier"], row["product"]) for row in rows("supplier_prices")}
        ),
    }


@pytest.mark.parametrize("price_list", sorted(CUSTOMERS))
def test_prices_are_those_of_the_embedded_erp(tryton, price_list, tmp_path):
    customer = CUSTOMERS[price_list]
    products = {
        row["code"]: row
        for row in tryton.search_read("product.product", [("code", "in", PRODUCTS)], ["code", "id"])
    }
    party = tryton.only("party.party", [("code", "=", customer)], ["sale_price_list"])
    with closing(ERPFactory(url=f"sqlalchemy+sqlite:///{tmp_path / 'erp.db'}").connect()) as erp:
        ours = erp.products.by_codes(PRODUCTS)
        buyer = next(c for c in erp.customers.by_name(_name(customer)) if c.code == customer)
        for amount in quantities(price_list):
            wanted = [
                Wanted(
                    product=ours[code].id, quantity=Quantity(amount=amount, unit=ours[code].unit)
                )
                for code in PRODUCTS
            ]
            today = dt.datetime.now(dt.UTC).date()
            expected = erp.pricing.prices(buyer.id, wanted, today)
            context = {
                "customer": party["id"],
                "price_list": party["sale_price_list"],
                "quantity": float(amount),
            }
            ids = [products[code]["id"] for code in PRODUCTS]
            method = "model.product.product.read"
            found = tryton.call(method, ids, ["code", "sale_price_uom"], context=context)
            prices = {row["code"]: row["sale_price_uom"] for row in found}
            assert prices == {
                code: price.unit_price.amount
                for code, price in zip(PRODUCTS, expected, strict=True)
            }


def test_the_stock_is_that_of_the_files(tryton):
    storage = tryton.only("stock.location", [("code", "=", "STO")])["id"]
    ids = [row["id"] for row in tryton.search_read("product.product", [], ["id"])]
    context = {"locations": [storage]}

    found = tryton.call("model.product.product.read", ids, ["code", "quantity"], context=context)

    on_hand = {row["code"]: decimal_of(row["quantity"]) for row in found}
    assert {row["code"]: row["on_hand"] for row in rows("products")}.items() <= on_hand.items()


def test_a_bill_explodes_with_its_kits_and_its_scrap(tryton):
    panel = tryton.only("product.product", [("code", "=", "PCP-2")], ["id", "boms"])
    bom = tryton.get("product.product-production.bom", panel["boms"][0], ["bom"])["bom"]
    company = tryton.only("company.company", [])["id"]
    warehouse = tryton.only("stock.location", [("code", "=", "WH")], ["production_location"])
    order = {
        "type": "assembly",
        "company": company,
        "warehouse": warehouse["id"],
        "location": warehouse["production_location"],
        "product": panel["id"],
        "bom": bom,
        "quantity": 3.0,
    }

    answer = tryton.call("model.production.on_change", order, ["product"])

    moves = [move for _, move in answer["inputs"]["add"]]
    codes = {row["id"]: row["code"] for row in tryton.search_read("product.product", [], ["code"])}
    found = {codes[move["product"]]: decimal_of(move["quantity"]) for move in moves}
    assert found == _explosion("B-PCP-2", 3)


def test_supplier_prices_go_down_with_the_quantity(tryton):
    product = tryton.only("product.product", [("code", "=", "SHT-2")], ["id"])
    supplier = tryton.only("party.party", [("code", "=", "S2002")])["id"]
    prices = {}
    for quantity in (1.0, 500.0):
        agreed = [
            ("product_supplier.party", "=", supplier),
            ("product_supplier.template.products", "=", product["id"]),
            ("quantity", "<=", quantity),
        ]
        found = tryton.search_read(
            "purchase.product_supplier.price",
            agreed,
            ["unit_price"],
            order=[("quantity", "DESC")],
        )
        prices[quantity] = found[0]["unit_price"]

    assert prices == {1.0: Decimal("1.42"), 500.0: Decimal("1.28")}


def _explosion(bom, times):
    """Return what a bill takes, its kits taken apart, each rounded up to its unit."""
    digits = {row["code"]: row["digits"] for row in rows("units")}
    taken = {}
    for line in rows("bom_lines"):
        if line["bom"] != bom:
            continue
        amount = line["quantity"] * (1 + line["scrap"] / 100) * times
        if line["kit"]:
            taken |= _explosion(line["kit"], amount)
        else:
            step = Decimal(10) ** -digits[line["unit"]]
            taken[line["component"]] = math.ceil(amount / step) * step
    return taken


def _name(code):
    return next(row["name"] for row in rows("customers") if row["code"] == code)
