"""Where Tryton keeps the fields of customers, people, products and offers."""

from decimal import Decimal
from functools import partial
from typing import Any

from tasks.adapters.field_map import Field, FieldMap
from tasks.adapters.ids import id_of, number_of
from tasks.adapters.tryton.keys import kept_key, key_of
from tasks.adapters.tryton.wire import decimal_of, float_of
from tasks.billing.contracts import Offer, OfferLine, OfferState
from tasks.values import CENT, Customer, Id, Person, Product

#: Tryton's states of a sale, the one that an offer is written as first
STATES = {
    OfferState.DRAFT: ("draft",),
    OfferState.SENT: ("quotation",),
    OfferState.ORDERED: ("processing", "confirmed", "done"),
    OfferState.CANCELLED: ("cancelled",),
}
_STATE_OF = {theirs: ours for ours, states in STATES.items() for theirs in states}


def _reference(ours: str, kind: str, theirs: str = "id") -> Field:
    """Return a field with the id of a record of this kind; it may have none."""
    return Field(ours, theirs, read=partial(_id, kind), write=partial(_number, kind))


def _id(kind: str, number: int | None) -> Id | None:
    return None if number is None else id_of(kind, number)


def _number(kind: str, record: Id | None) -> int | None:
    return number_of(kind, record) if record else None


def _id_or_empty(kind: str, number: int | None) -> Id:
    return "" if number is None else id_of(kind, number)


def _text(text: str | None) -> str:
    return text or ""


def price_of(amount: Decimal) -> Decimal:
    """Return a price with two decimals where two say it all; Tryton's have four."""
    cents = amount.quantize(CENT)
    return cents if cents == amount else amount.normalize()


def percent_of(rate: Decimal) -> Decimal:
    """Return a rate in percent; Tryton has it as a part of one."""
    percent = (rate * 100).normalize()
    return percent.quantize(Decimal(1)) if percent == percent.to_integral_value() else percent


CUSTOMERS = FieldMap(
    Customer,
    "party.party",
    _reference("id", "customer"),
    Field("code"),
    Field("name", read=_text),
)

PEOPLE = FieldMap(
    Person,
    "company.employee",
    _reference("id", "person"),
    Field("name", "party.name", read=_text),
)

PRODUCTS = FieldMap(
    Product,
    "product.product",
    _reference("id", "product"),
    Field("code"),
    Field("name"),
    Field("unit", "sale_uom.symbol"),
    Field("digits", "sale_uom.digits"),
)


def _money(ours: str, theirs: str, read: Any = price_of) -> tuple[Field, Field]:
    return Field(f"{ours}.amount", theirs, read=read), Field(f"{ours}.currency", "currency.code")


OFFERS = FieldMap(
    Offer,
    "sale.sale",
    _reference("id", "offer"),
    Field("reference", read=key_of, write=kept_key),
    Field("state", read=_STATE_OF.__getitem__, write=lambda state: STATES[state][0]),
    _reference("customer", "customer", "party"),
    _reference("salesperson", "person", "quoted_by"),
    Field("note", "comment", read=_text),
    *_money("net", "untaxed_amount"),
    *_money("tax", "tax_amount"),
    *_money("total", "total_amount"),
)

OFFER_LINES = FieldMap(
    OfferLine,
    "sale.line",
    # People write lines without a product, and without a unit then, such as freight.
    Field("product", read=partial(_id_or_empty, "product"), write=partial(_number, "product")),
    Field("text", "description", read=_text),
    Field("quantity.amount", "quantity", read=decimal_of, write=float_of),
    Field("quantity.unit", "unit.symbol", read=_text),
    *_money("unit_price", "unit_price"),
    *_money("amount", "amount"),
)
