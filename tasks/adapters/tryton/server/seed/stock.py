"""How much there is: one count of the whole storage, which Tryton takes for the truth."""

import datetime as dt

from tasks.adapters.embedded.company_files import rows
from tasks.adapters.tryton.connection import Tryton
from tasks.adapters.tryton.server.seed.lookup import ids_by, the_company
from tasks.adapters.tryton.wire import float_of


def count_stock(tryton: Tryton) -> None:
    """Put on the shelf what the company has on hand."""
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
                # Yesterday: an order of today finds it wherever the server's midnight is.
                "date": dt.datetime.now(dt.UTC).date() - dt.timedelta(days=1),
                "lines": [("create", lines)],
            }
        ],
    )
    tryton.press("stock.inventory", "confirm", [count])
