"""What the offers need of an ERP: customers, people, the catalogue, prices, offers, handovers."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeVar

from tasks.billing.contracts import Offer, OfferDraftLine, OfferLine, OfferState, Price
from tasks.erp_errors import NotFound, Rejected
from tasks.messaging.contracts import Handover
from tasks.values import Customer, Id, Money, Person, Product, Wanted

STANDARD_TAX = Decimal("25.5")
TODAY = dt.date(2026, 11, 20)
NOW = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)


R = TypeVar("R", Customer, Person, Product, Offer, Handover)


@dataclass
class FakeCustomers:
    """A `CustomerRepository` over a list."""

    known: Sequence[Customer] = ()

    def get(self, customer: Id) -> Customer:
        return _one(self.known, customer)

    def by_email(self, email: str) -> list[Customer]:
        return [c for c in self.known if email.lower() in c.emails]

    def by_domain(self, domain: str) -> list[Customer]:
        end = "@" + domain.lower()
        return [
            c
            for c in self.known
            if domain.lower() in c.domains or any(e.endswith(end) for e in c.emails)
        ]

    def by_name(self, text: str, limit: int = 20) -> list[Customer]:
        return [c for c in self.known if text.lower() in c.name.lower()][:limit]

    def by_vat(self, vat: str) -> list[Customer]:
        plain = "".join(c for c in vat if c.isalnum()).upper()
        return [c for c in self.known if plain and c.vat == plain]


@dataclass
class FakePeople:
    """A `PersonRepository`; `sells_to` says who looks after which customer."""

    known: Sequence[Person] = ()
    sells_to: dict[Id, Id] = field(default_factory=dict)

    def get(self, person: Id) -> Person:
        return _one(self.known, person)

    def by_email(self, email: str) -> Person | None:
        return next((p for p in self.known if p.email == email.lower()), None)

    def salesperson_of(self, customer: Id) -> Person | None:
        return self.get(self.sells_to[customer]) if customer in self.sells_to else None

    def all(self) -> list[Person]:
        return sorted(self.known, key=lambda p: p.name)


@dataclass
class FakeProducts:
    """A `ProductRepository` over a list."""

    known: Sequence[Product] = ()
    version: str = "1"

    def get(self, product: Id) -> Product:
        return _one(self.known, product)

    def by_codes(self, codes: Iterable[str]) -> dict[str, Product]:
        asked = set(codes)
        return {p.code: p for p in self.known if p.code in asked}

    def catalogue(self, after: str = "", limit: int = 500) -> list[Product]:
        return sorted((p for p in self.known if p.code > after), key=lambda p: p.code)[:limit]

    def catalogue_version(self) -> str:
        return self.version


@dataclass
class FakeStock:
    """A `StockLedger` over two dicts."""

    shelf: dict[Id, Decimal] = field(default_factory=dict)
    promised: dict[Id, Decimal] = field(default_factory=dict)

    def on_hand(self, products: Sequence[Id]) -> dict[Id, Decimal]:
        return {p: self.shelf.get(p, Decimal(0)) for p in products}

    def free(self, products: Sequence[Id]) -> dict[Id, Decimal]:
        return {
            p: amount - self.promised.get(p, Decimal(0))
            for p, amount in self.on_hand(products).items()
        }


@dataclass
class FakePricing:
    """A `PricingService` whose prices hold on any day and for any quantity."""

    unit_prices: dict[Id, Money] = field(default_factory=dict)
    #: by customer and product; the others pay the unit price
    agreed: dict[tuple[Id, Id], Money] = field(default_factory=dict)

    def prices(
        self,
        customer: Id,
        wanted: Sequence[Wanted],
        on: dt.date,  # noqa: ARG002  # the Protocol's
    ) -> list[Price]:
        return [self._price(customer, w) for w in wanted]

    def _price(self, customer: Id, wanted: Wanted) -> Price:
        if wanted.product not in self.unit_prices:
            raise NotFound(f"no product has the id {wanted.product!r}")
        if wanted.quantity.amount <= 0:
            raise Rejected(f"{wanted.quantity} cannot be sold: ask for more than nothing")
        list_price = self.unit_prices[wanted.product]
        return Price(
            product=wanted.product,
            quantity=wanted.quantity,
            unit_price=self.agreed.get((customer, wanted.product), list_price),
            list_price=list_price,
            tax_rate=STANDARD_TAX,
        )


@dataclass
class FakeOffers:
    """An `OfferRepository` that taxes all at one rate."""

    made: dict[str, Offer] = field(default_factory=dict)

    def find(self, key: str) -> Offer | None:
        return self.made.get(key)

    def create(
        self,
        key: str,
        customer: Id,
        lines: Sequence[OfferDraftLine],
        *,
        salesperson: Id | None = None,
        note: str = "",
    ) -> Offer:
        if key not in self.made:
            if not lines:
                raise Rejected("an offer without lines offers nothing: give at least one line")
            number = len(self.made) + 1
            kept = tuple(_kept(line) for line in lines)
            net = sum((line.amount for line in kept), Money.of("0.00"))
            exact = sum((k.unit_price * k.quantity.amount for k in kept), Money.of(0))
            tax = (exact * (STANDARD_TAX / 100)).rounded()
            self.made[key] = Offer(
                id=f"offer:{number}",
                number=f"OFF-{TODAY.year}-{number:05}",
                reference=key,
                state=OfferState.DRAFT,
                customer=customer,
                salesperson=salesperson,
                date=TODAY,
                note=note,
                lines=kept,
                net=net,
                tax=tax,
                total=net + tax,
            )
        return self.made[key]

    def get(self, offer: Id) -> Offer:
        return _one(list(self.made.values()), offer)

    def send(self, offer: Id) -> Offer:
        return self._move(offer, {OfferState.DRAFT}, OfferState.SENT)

    def order(self, offer: Id) -> Offer:
        return self._move(offer, {OfferState.SENT}, OfferState.ORDERED)

    def cancel(self, offer: Id) -> Offer:
        return self._move(offer, {OfferState.DRAFT, OfferState.SENT}, OfferState.CANCELLED)

    def _move(self, offer: Id, sources: set[OfferState], target: OfferState) -> Offer:
        found = self.get(offer)
        if found.state == target:
            return found
        if found.state not in sources:
            raise Rejected(f"offer {found.number} is {found.state} and cannot become {target}")
        self.made[found.reference] = found.model_copy(update={"state": target})
        return self.made[found.reference]


@dataclass
class FakeHandovers:
    """A `Handovers` pile."""

    made: dict[str, Handover] = field(default_factory=dict)
    closed: set[Id] = field(default_factory=set)

    def add(
        self, key: str, mail_key: str, *, subject: str, sender: str, reasons: Sequence[str]
    ) -> Handover:
        new = Handover(
            id=f"handover:{len(self.made) + 1}",
            key=key,
            mail_key=mail_key,
            subject=subject,
            sender=sender,
            reasons=tuple(reasons),
            opened_at=NOW,
        )
        return self.made.setdefault(key, new)

    def find(self, key: str) -> Handover | None:
        return self.made.get(key)

    def open(self) -> list[Handover]:
        return [h for h in self.made.values() if h.id not in self.closed]

    def close(self, handover: Id) -> None:
        self.closed.add(_one(list(self.made.values()), handover).id)


def _kept(line: OfferDraftLine) -> OfferLine:
    return OfferLine(
        product=line.product,
        text=line.text or line.product,
        quantity=line.quantity,
        unit_price=line.unit_price,
        amount=(line.unit_price * line.quantity.amount).rounded(),
        tax_rate=STANDARD_TAX,
    )


def _one(known: Sequence[R], wanted: Id) -> R:
    for record in known:
        if record.id == wanted:
            return record
    raise NotFound(f"no record has the id {wanted!r}")
