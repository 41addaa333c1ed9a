"""Where Tryton keeps the fields of customers, people, products and offers."""

from dataclasses import replace
from functools import partial

from tasks.adapters.field_map import Field, FieldMap, reference
from tasks.adapters.ids import id_of
from tasks.adapters.tryton import fields
from tasks.billing.contracts import Offer, OfferLine, OfferState
from tasks.values import Customer, Id, Person, Product

#: Tryton's states of a sale, the one that an offer is written as first
_STATES = {
    OfferState.DRAFT: ("draft",),
    OfferState.SENT: ("quotation",),
    OfferState.ORDERED: ("processing", "confirmed", "done"),
    OfferState.CANCELLED: ("cancelled",),
}


def _id_or_empty(kind: str, number: int | None) -> Id:
    return "" if number is None else id_of(kind, number)


CUSTOMERS = FieldMap(
    Customer,
    "party.party",
    reference("id", "customer"),
    Field("code"),
    fields.text("name"),
)

PEOPLE = FieldMap(
    Person,
    "company.employee",
    reference("id", "person"),
    fields.text("name", "party.name"),
)

PRODUCTS = FieldMap(
    Product,
    "product.product",
    reference("id", "product"),
    Field("code"),
    Field("name"),
    Field("unit", "sale_uom.symbol"),
    Field("digits", "sale_uom.digits"),
)


OFFERS = FieldMap(
    Offer,
    "sale.sale",
    reference("id", "offer"),
    fields.key(ours="reference"),
    fields.state(_STATES),
    reference("customer", "customer", "party"),
    reference("salesperson", "person", "quoted_by"),
    fields.text("note", "comment"),
    *fields.money("net", "untaxed_amount"),
    *fields.money("tax", "tax_amount"),
    *fields.money("total", "total_amount"),
)

OFFER_LINES = FieldMap(
    OfferLine,
    "sale.line",
    # People write lines without a product, and without a unit then, such as freight.
    replace(reference("product", "product", "product"), read=partial(_id_or_empty, "product")),
    fields.text("text", "description"),
    *fields.quantity(),
    *fields.money("unit_price", "unit_price"),
    *fields.money("amount", "amount"),
)
