"""The company itself, the units it counts in, and who works there."""

import datetime as dt
from collections import defaultdict
from decimal import Decimal

from tasks.adapters.company.files import rows
from tasks.adapters.tryton.connection import Tryton
from tasks.adapters.tryton.sales.people import SKILLS
from tasks.adapters.tryton.server.seed.lookup import ids_by, the_company
from tasks.adapters.tryton.wire import Record

NAME = "Pohjantukku Oy"


def found_company(tryton: Tryton) -> None:
    """Make the company, its units and its people; the user works for it from here on."""
    euro = _euro(tryton)
    (party,) = tryton.create("party.party", [_own_party()])
    with tryton.wizard("company.company.config") as wizard:
        wizard.go("company")
        wizard.go("add", party=party, currency=euro)
    # The calls from here on are to say which company they are for.
    tryton.session.renew()
    _make_units(tryton)
    _hire(tryton)


def _euro(tryton: Tryton) -> int:
    currency: Record = {
        "name": "Euro",
        "code": "EUR",
        "numeric_code": "978",
        "symbol": "€",
        "rounding": Decimal("0.01"),
        "digits": 2,
        "rates": [("create", [{"date": dt.date(2020, 1, 1), "rate": Decimal(1)}])],
    }
    return tryton.create("currency.currency", [currency])[0]


def _own_party() -> Record:
    address = {"street_unstructured": "Tukkutie 4", "postal_code": "33100", "city": "Tampere"}
    contact = {"type": "email", "value": "toimisto@pohjantukku.example"}
    return {
        "name": NAME,
        "addresses": [("create", [address])],
        "contact_mechanisms": [("create", [contact])],
    }


def _make_units(tryton: Tryton) -> None:
    """Make a unit for each code, which converts into no other.

    Tryton's own metre and litre have two decimals, ours one, and it lets nobody take one away.
    """
    codes = [row["code"] for row in rows("units")]
    categories = tryton.create("product.uom.category", [{"name": f"Our {code}"} for code in codes])
    tryton.create(
        "product.uom",
        [
            {
                "name": row["code"],
                "symbol": row["code"],
                "category": category,
                "digits": row["digits"],
                "rounding": 10.0 ** -row["digits"],
                "factor": 1.0,
                "rate": 1.0,
            }
            for row, category in zip(rows("units"), categories, strict=True)
        ],
    )


def _hire(tryton: Tryton) -> None:
    company = the_company(tryton)
    rates: defaultdict[str, list[Record]] = defaultdict(list)
    for row in rows("labour_rates"):
        rates[row["person"]].append({"date": row["since"], "cost_price": row["hour_cost"]})
    skills = _skills(tryton)
    people = rows("people")
    parties = tryton.create(
        "party.party",
        [
            {
                "code": row["code"],
                "name": row["name"],
                "categories": [("add", [skills[skill] for skill in row["skills"]])],
                "contact_mechanisms": [("create", [{"type": "email", "value": row["email"]}])],
                "addresses": [("create", [{"city": "Tampere"}])],
            }
            for row in people
        ],
    )
    employees = tryton.create(
        "company.employee",
        [
            {
                "party": party,
                "company": company,
                "start_date": min(rate["date"] for rate in rates[row["code"]]),
                "cost_prices": [("create", rates[row["code"]])],
            }
            for row, party in zip(people, parties, strict=True)
        ],
    )
    # Who presses buttons is an employee; documents have to say who quoted and who confirmed.
    user = tryton.session.login.user_id
    employed = {"employees": [("add", employees)], "employee": employees[0]}
    tryton.write("res.user", [user], employed)
    tryton.session.renew()


def _skills(tryton: Tryton) -> dict[str, int]:
    (parent,) = tryton.create("party.category", [{"name": SKILLS}])
    names = sorted({skill for row in rows("people") for skill in row["skills"]})
    tryton.create("party.category", [{"name": name, "parent": parent} for name in names])
    return ids_by(tryton, "party.category", "name", [("parent", "=", parent)])
