"""The embedded ERP's company in memory, and a mail taken through all steps by hand."""

import csv
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from pathlib import Path

from orchestrator import Attempt
from tasks.billing.contracts import Offer
from tasks.billing.steps import (
    build_offer,
    calculate_pricing,
    create_offer,
    find_customer,
    verify_offer,
)
from tasks.inventory.analyser import NoAnalyser
from tasks.inventory.steps import extract_products, match_products
from tasks.messaging.mail_reading import EmailInput
from tasks.messaging.steps import extract_company, hand_over, parse_email
from tasks.quotation import CustomerMatch, Matches
from tasks.scheduling.steps import find_salesperson
from tasks.values import Customer, Money, Person, Product
from tests.fakes import (
    TODAY,
    FakeCustomers,
    FakeHandovers,
    FakeOffers,
    FakePeople,
    FakePricing,
    FakeProducts,
)
from tests.repository import ROOT

DATA = ROOT / "tasks" / "adapters" / "company"
HELDOUT = Path(__file__).parent / "heldout"


def _rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _several(text: str) -> tuple[str, ...]:
    return tuple(part for part in text.split(";") if part)


@cache
def catalogue() -> FakeProducts:
    products = [
        Product(id=r["code"], code=r["code"], name=r["name"], unit=r["unit"])
        for r in _rows("products.csv")
    ]
    return FakeProducts(products)


@cache
def customers() -> FakeCustomers:
    return FakeCustomers(
        [
            Customer(
                id=r["code"],
                code=r["code"],
                name=r["name"],
                vat=r["vat"],
                emails=_several(r["emails"]),
                domains=_several(r["domains"]),
            )
            for r in _rows("customers.csv")
        ]
    )


@cache
def people() -> FakePeople:
    known = [
        Person(id=r["code"], name=r["name"], skills=frozenset(_several(r["skills"])))
        for r in _rows("people.csv")
    ]
    sells = {r["code"]: r["salesperson"] for r in _rows("customers.csv") if r["salesperson"]}
    return FakePeople(known, sells)


@cache
def pricing() -> FakePricing:
    return FakePricing({r["code"]: Money.of(r["list_price"]) for r in _rows("products.csv")})


@dataclass
class Desk:
    """Where offers and handovers of a test end up."""

    offers: FakeOffers = field(default_factory=FakeOffers)
    handovers: FakeHandovers = field(default_factory=FakeHandovers)


@dataclass
class Outcome:
    """What the steps made of a mail."""

    customer: CustomerMatch
    matches: Matches
    offer: Offer | None
    warnings: list[str]

    @property
    def questions(self) -> tuple[str, ...]:
        return self.customer.questions + self.matches.questions

    @property
    def lines(self) -> list[tuple[str, Decimal, str]]:
        return [(m.product.code, m.quantity.amount, m.quantity.unit) for m in self.matches.lines]


def process(mail: EmailInput, desk: Desk | None = None) -> Outcome:
    """Call the steps in an order that the workflow allows."""
    desk = desk or Desk()
    attempt = Attempt(run_id="run", step="step", number=1)
    email = parse_email(mail, attempt)
    customer = find_customer(extract_company(email), customers())
    request = extract_products(
        attempt, catalogue(), NoAnalyser(), email.body, email.subject, email.signature
    )
    matches = match_products(request, catalogue())
    outcome = Outcome(customer, matches, None, attempt.warnings)
    if outcome.questions or customer.customer is None:
        hand_over(email, attempt, desk.handovers, customer.questions, matches.questions)
        return outcome
    buyer = customer.customer
    seller = find_salesperson(buyer, people(), attempt)
    prices = calculate_pricing(buyer, matches.lines, pricing(), TODAY)
    draft = build_offer(email.key, buyer, matches.lines, prices, seller, email.subject)
    offer = create_offer(draft, desk.offers, attempt)
    outcome.offer = verify_offer(draft, offer, desk.offers)
    return outcome
