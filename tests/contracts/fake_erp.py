"""The fakes, filled with the sample company, so that the contract suite can judge them."""

from tasks.adapters import ERP
from tasks.adapters.company.files import rows
from tasks.adapters.erp import missing
from tasks.values import Customer, Money, Person, Product
from tests.fakes import (
    FakeCustomers,
    FakeHandovers,
    FakeOffers,
    FakePeople,
    FakePricing,
    FakeProducts,
    FakeStock,
)


def fake_erp() -> ERP:
    """Return a new one."""
    stored = rows("products")
    return ERP(
        customers=FakeCustomers([_customer(row) for row in rows("customers")]),
        people=FakePeople(
            [_person(row) for row in rows("people")],
            {row["code"]: row["salesperson"] for row in rows("customers") if row["salesperson"]},
        ),
        products=FakeProducts([_product(row) for row in stored]),
        pricing=FakePricing({row["code"]: Money(amount=row["list_price"]) for row in stored}),
        offers=FakeOffers(),
        stock=FakeStock({row["code"]: row["on_hand"] for row in stored}),
        handovers=FakeHandovers(),
        receivables=missing("receivables", adapter="fakes"),
        stock_moves=missing("stock_moves", adapter="fakes"),
        boms=missing("boms", adapter="fakes"),
        production_orders=missing("production_orders", adapter="fakes"),
        procurement=missing("procurement", adapter="fakes"),
        quality=missing("quality", adapter="fakes"),
        costing=missing("costing", adapter="fakes"),
        labour_rates=missing("labour_rates", adapter="fakes"),
        work_centres=missing("work_centres", adapter="fakes"),
        projects=missing("projects", adapter="fakes"),
        timesheets=missing("timesheets", adapter="fakes"),
        budgets=missing("budgets", adapter="fakes"),
        inbox=missing("inbox", adapter="fakes"),
        messages=missing("messages", adapter="fakes"),
        tickets=missing("tickets", adapter="fakes"),
        knowledge=missing("knowledge", adapter="fakes"),
        documents=missing("documents", adapter="fakes"),
        close=lambda: None,
    )


def _customer(row):
    kept = ("code", "name", "emails", "domains", "vat")
    return Customer(id=row["code"], **{name: row[name] for name in kept})


def _person(row):
    return Person(
        id=row["code"], name=row["name"], email=row["email"], skills=frozenset(row["skills"])
    )


def _product(row):
    kept = ("code", "name", "unit", "category")
    return Product(id=row["code"], **{name: row[name] for name in kept})
