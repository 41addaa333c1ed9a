"""Where Tryton keeps the fields of invoices, their lines and what is paid on them."""

from functools import partial

from tasks.adapters.field_map import Field, FieldMap, reference
from tasks.adapters.ids import id_of, number_of
from tasks.adapters.tryton import fields
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


def resource(invoice: Id) -> str:
    """Return what Tryton calls an invoice where anything may be referred to.

    >>> resource("invoice:8")
    'account.invoice,8'
    """
    return f"{MODEL},{number_of(KIND, invoice)}"


def _referred(kind: str, name: str) -> Id:
    return id_of(kind, int(name.rpartition(",")[2]))


#: without what is told by other records: the lines, the day it is due, what it credits
INVOICES = FieldMap(
    Invoice,
    MODEL,
    reference("id", KIND),
    fields.text("number"),
    fields.key(),
    fields.state(_STATES),
    reference("customer", "customer", "party"),
    *fields.money("net", "untaxed_amount"),
    *fields.money("tax", "tax_amount"),
    *fields.money("total", "total_amount"),
    *fields.money("open", "amount_to_pay"),
)

#: without the rate, which is a tax's
INVOICE_LINES = FieldMap(
    InvoiceLine,
    "account.invoice.line",
    fields.text("text", "description"),
    *fields.quantity(),
    *fields.money("unit_price", "unit_price"),
    *fields.money("amount", "amount"),
    reference("product", "product", "product"),
)

#: the line of an entry that takes money off what a customer owes
PAYMENTS = FieldMap(
    Payment,
    "account.move.line",
    reference("id", "payment", "move"),
    fields.key("move.description"),
    Field("invoice", "move.origin", read=partial(_referred, KIND), write=resource),
    *fields.money("amount", "credit"),
    Field("on", "date"),
)
