"""Where Tryton keeps the fields of invoices, their lines and what is paid on them."""

from functools import partial

from tasks.adapters.field_map import Field, FieldMap
from tasks.adapters.ids import id_of, number_of
from tasks.adapters.tryton.keys import kept_key, key_of
from tasks.adapters.tryton.sales.maps import price_of
from tasks.adapters.tryton.wire import decimal_of, float_of
from tasks.billing.contracts import Invoice, InvoiceLine, InvoiceState, Payment
from tasks.values import Id

KIND = "invoice"
MODEL = "account.invoice"

#: Tryton's states of an invoice, the one that it is written as first
_STATES = {
    InvoiceState.DRAFT: ("draft", "validated"),
    InvoiceState.POSTED: ("posted",),
    InvoiceState.PAID: ("paid",),
    InvoiceState.CANCELLED: ("cancelled",),
}
_STATE_OF = {theirs: ours for ours, states in _STATES.items() for theirs in states}


def resource(invoice: Id) -> str:
    """Return what Tryton calls an invoice where anything may be referred to.

    >>> resource("invoice:8")
    'account.invoice,8'
    """
    return f"{MODEL},{number_of(KIND, invoice)}"


def invoice_of(name: str) -> Id:
    """Return the invoice that Tryton calls so."""
    return _referred(KIND, name)


def _text(text: str | None) -> str:
    return text or ""


def _maybe(kind: str, number: int | None) -> Id | None:
    return None if number is None else id_of(kind, number)


def _referred(kind: str, name: str) -> Id:
    return id_of(kind, int(name.rpartition(",")[2]))


def _money(ours: str, theirs: str) -> tuple[Field, Field]:
    amount = Field(f"{ours}.amount", theirs, read=price_of)
    return amount, Field(f"{ours}.currency", "currency.code")


#: without what is told by other records: the lines, the day it is due, what it credits
INVOICES = FieldMap(
    Invoice,
    MODEL,
    Field("id", read=partial(id_of, KIND), write=partial(number_of, KIND)),
    Field("number", read=_text, write=lambda number: number or None),
    Field("key", "reference", read=key_of, write=kept_key),
    Field("state", read=_STATE_OF.__getitem__, write=lambda state: _STATES[state][0]),
    Field(
        "customer",
        "party",
        read=partial(id_of, "customer"),
        write=partial(number_of, "customer"),
    ),
    *_money("net", "untaxed_amount"),
    *_money("tax", "tax_amount"),
    *_money("total", "total_amount"),
    *_money("open", "amount_to_pay"),
)

#: without the rate, which is a tax's
INVOICE_LINES = FieldMap(
    InvoiceLine,
    "account.invoice.line",
    Field("text", "description", read=_text),
    Field("quantity.amount", "quantity", read=decimal_of, write=float_of),
    Field("quantity.unit", "unit.symbol", read=_text),
    *_money("unit_price", "unit_price"),
    *_money("amount", "amount"),
    Field(
        "product",
        read=partial(_maybe, "product"),
        write=lambda product: product and number_of("product", product),
    ),
)

#: the line of an entry that takes money off what a customer owes
PAYMENTS = FieldMap(
    Payment,
    "account.move.line",
    Field("id", "move", read=partial(id_of, "payment"), write=partial(number_of, "payment")),
    Field("key", "move.description", read=key_of, write=kept_key),
    Field("invoice", "move.origin", read=partial(_referred, KIND), write=resource),
    *_money("amount", "credit"),
    Field("on", "date"),
)
