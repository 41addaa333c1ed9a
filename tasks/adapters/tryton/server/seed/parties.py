"""Who buys and who sells: parties with their contacts, terms, price lists and agreed prices."""

import datetime as dt
from collections import defaultdict

from tasks.adapters.company.files import rows
from tasks.adapters.tryton.connection import Tryton
from tasks.adapters.tryton.server.seed.accounts import PAYMENT_DAYS, term_name
from tasks.adapters.tryton.server.seed.lookup import ids_by, the_company, the_currency
from tasks.adapters.tryton.wire import Record


def know_parties(tryton: Tryton) -> None:
    """Make customers, who looks after them, suppliers, and what those ask for."""
    terms = ids_by(tryton, "account.invoice.payment_term", "name")
    lists = ids_by(tryton, "product.price_list", "name")
    procedure = tryton.only("account.dunning.procedure", [])["id"]
    tryton.create(
        "party.party",
        [
            {
                **_party(row, emails=row["emails"], domains=row["domains"], city="Helsinki"),
                "customer_payment_term": terms[term_name(PAYMENT_DAYS)],
                "sale_price_list": lists[row["price_list"]] if row["price_list"] else None,
                "dunning_procedure": procedure,
            }
            for row in rows("customers")
        ],
    )
    tryton.create(
        "party.party",
        [
            {
                **_party(row, emails=(row["email"],), domains=(), city=row["city"]),
                "supplier_payment_term": terms[term_name(row["payment_days"])],
            }
            for row in rows("suppliers")
        ],
    )
    parties = ids_by(tryton, "party.party", "code")
    _look_after(tryton, parties)
    _agree_on_prices(tryton, parties)


def _party(row: Record, *, emails: tuple[str, ...], domains: tuple[str, ...], city: str) -> Record:
    contacts = [{"type": "email", "value": value} for value in emails]
    contacts += [{"type": "website", "value": value} for value in domains]
    return {
        "code": row["code"],
        "name": row["name"],
        "identifiers": [("create", [{"type": None, "code": row["vat"]}])],
        "contact_mechanisms": [("create", contacts)],
        "addresses": [("create", [{"city": city, "invoice": True, "delivery": True}])],
    }


def _look_after(tryton: Tryton, parties: dict[str, int]) -> None:
    company, today = the_company(tryton), dt.datetime.now(dt.UTC).date()
    currency = the_currency(tryton)
    by_party = {
        row["party"]: row["id"] for row in tryton.search_read("company.employee", [], ["party"])
    }
    tryton.create(
        "sale.opportunity",
        [
            {
                "party": parties[row["code"]],
                "company": company,
                "currency": currency,
                "start_date": today,
                "employee": by_party[parties[row["salesperson"]]],
                "description": "Standing contact",
            }
            for row in rows("customers")
            if row["salesperson"]
        ],
    )


def _agree_on_prices(tryton: Tryton, parties: dict[str, int]) -> None:
    company, currency = the_company(tryton), the_currency(tryton)
    products = tryton.search_read("product.product", [], ["code", "template"])
    templates = {row["code"]: row["template"] for row in products}
    agreed: defaultdict[tuple[str, str], list[Record]] = defaultdict(list)
    for row in rows("supplier_prices"):
        agreed[row["product"], row["supplier"]].append(row)
    tryton.create(
        "purchase.product_supplier",
        [
            {
                "template": templates[product],
                "party": parties[supplier],
                "company": company,
                "currency": currency,
                "lead_time": dt.timedelta(days=prices[0]["lead_days"]),
                "prices": [("create", [_price(row) for row in prices])],
            }
            for (product, supplier), prices in agreed.items()
        ],
    )


def _price(row: Record) -> Record:
    # The first price holds for less than one too, such as half a kilogram.
    least = row["min_quantity"] if row["min_quantity"] > 1 else 0
    return {"quantity": float(least), "unit_price": row["unit_price"]}
