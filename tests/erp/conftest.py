"""The sample company in a real Tryton, for the tests of the client that reaches it."""

import datetime as dt
from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest

from tasks.adapters.tryton import forms
from tasks.adapters.tryton.address import Address
from tasks.adapters.tryton.connection import Tryton
from tests.tryton import Companies, Company, connected


@pytest.fixture(scope="module")
def company(tryton_companies: Companies) -> Iterator[Company]:
    """A company of this module's own; its tests leave each other's records alone."""
    with tryton_companies.company() as company:
        yield company


@pytest.fixture(scope="module")
def address(company: Company) -> Address:
    """Where it is."""
    return company.address


@pytest.fixture(scope="module")
def tryton(address: Address) -> Iterator[Tryton]:
    """A connection to it."""
    with connected(address) as tryton:
        yield tryton


@pytest.fixture
def party(tryton: Tryton) -> int:
    """A party of this test's own."""
    return tryton.create("party.party", [{"name": "Somebody new"}])[0]


@pytest.fixture
def sale_of(tryton: Tryton) -> Callable[..., int]:
    """`sale_of(customer, (code, quantity), …)`: a draft sale, made as a client makes one."""

    def make(customer: str, *lines: tuple[str, float]) -> int:
        company = tryton.only("company.company", [])["id"]
        buyer = tryton.only("party.party", [("code", "=", customer)])["id"]
        asked = ["currency", "warehouse", "invoice_method", "shipment_method"]
        sale = {"company": company, **forms.defaults(tryton, "sale.sale", asked)}
        sale = forms.after_change(tryton, "sale.sale", {**sale, "party": buyer}, ["party"])
        head = {name: sale.get(name) for name in ("party", "currency", "price_list", "company")}
        made = []
        for code, quantity in lines:
            product = tryton.only("product.product", [("code", "=", code)])["id"]
            line = {"type": "line", "product": product, "quantity": quantity, "sale": head}
            answer = tryton.call("model.sale.line.on_change_product", line)
            line = {**line, **forms.writable(answer)}
            computed = ("sale", "amount", "currency", "company", "product_uom_category")
            made.append({name: line[name] for name in line if name not in computed})
        return tryton.create("sale.sale", [{**sale, "lines": [("create", made)]}])[0]

    return make


@pytest.fixture
def overdue_invoice(tryton: Tryton, party: int) -> int:
    """A draft invoice whose payment was due before today, of which Tryton warns."""
    company = tryton.only("company.company", [])["id"]
    accounts = {
        row["code"]: row["id"] for row in tryton.search_read("account.account", [], ["code"])
    }
    address = tryton.create("party.address", [{"party": party, "city": "Oulu"}])[0]
    term = tryton.only("account.invoice.payment_term", [("name", "=", "Net 14")])["id"]
    then = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=40)
    line = {
        "type": "line",
        "account": accounts["4.1.1"],
        "quantity": 2.0,
        "unit_price": Decimal(10),
        "description": "Advice",
    }
    invoice = {
        "type": "out",
        "company": company,
        "party": party,
        "invoice_address": address,
        "currency": tryton.only("currency.currency", [])["id"],
        "journal": tryton.only("account.journal", [("type", "=", "revenue")])["id"],
        "account": accounts["1.2.1"],
        "payment_term": term,
        "invoice_date": then,
        "lines": [("create", [line])],
    }
    return tryton.create("account.invoice", [invoice])[0]
