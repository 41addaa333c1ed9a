"""How much there is, and what it is worth: a count of the whole storage, and its opening entry.

The count is booked as one entry, against the opening balance, before any movement is: from then on
Tryton posts each, what comes in and what goes out, at its cost (`account_stock_continental`).
"""

import datetime as dt
from decimal import Decimal

from tasks.adapters.company.costs import unit_costs
from tasks.adapters.company.files import rows
from tasks.adapters.rules.valuation import cost_of
from tasks.adapters.tryton.connection import Tryton
from tasks.adapters.tryton.server.seed.accounts import STOCK
from tasks.adapters.tryton.server.seed.lookup import ids_by, the_company
from tasks.adapters.tryton.wire import float_of

#: of the chart: miscellaneous equity
OPENING_BALANCE = "3.4.4"


def count_stock(tryton: Tryton) -> None:
    """Put on the shelf what the company has on hand, and book what it is worth."""
    # Yesterday: an order of today finds it wherever the server's midnight is.
    on = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=1)
    _count(tryton, on)
    _book(tryton, on)
    years = [row["id"] for row in tryton.search_read("account.fiscalyear", [], ["id"])]
    tryton.write("account.fiscalyear", years, {"account_stock_method": "continental"})


def _count(tryton: Tryton, on: dt.date) -> None:
    products = ids_by(tryton, "product.product", "code")
    storage = tryton.only("stock.location", [("code", "=", "STO")])["id"]
    lines = [
        {"product": products[row["code"]], "quantity": float_of(row["on_hand"])}
        for row in rows("products")
        if row["on_hand"]
    ]
    (count,) = tryton.create(
        "stock.inventory",
        [
            {
                "location": storage,
                "company": the_company(tryton),
                "date": on,
                "lines": [("create", lines)],
            }
        ],
    )
    tryton.press("stock.inventory", "confirm", [count])


def _book(tryton: Tryton, on: dt.date) -> None:
    costs = unit_costs()
    worth = sum(
        (cost_of(row["on_hand"], costs[row["code"]]) for row in rows("products")), Decimal()
    )
    accounts = ids_by(tryton, "account.account", "code")
    period = [("start_date", "<=", on), ("end_date", ">=", on), ("type", "=", "standard")]
    entry = {
        "company": the_company(tryton),
        "journal": tryton.only("account.journal", [("name", "=", "Stock")])["id"],
        "period": tryton.only("account.period", period)["id"],
        "date": on,
        "description": "What there was on the first day",
        "lines": [
            (
                "create",
                [
                    {"account": accounts[STOCK], "debit": worth, "credit": Decimal(0)},
                    {"account": accounts[OPENING_BALANCE], "debit": Decimal(0), "credit": worth},
                ],
            )
        ],
    }
    tryton.press("account.move", "post", tryton.create("account.move", [entry]))
