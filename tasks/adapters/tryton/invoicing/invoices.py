"""Invoices and credit notes as Tryton has them."""

import datetime as dt
from collections.abc import Sequence

from tasks.adapters.ids import id_of, no_such, number_of
from tasks.adapters.tryton.connection import Domain, Tryton
from tasks.adapters.tryton.invoicing.maps import INVOICE_LINES, INVOICES, KIND, MODEL
from tasks.adapters.tryton.keys import kept_key
from tasks.adapters.tryton.records import read as read_by
from tasks.adapters.tryton.sales.taxes import percent
from tasks.adapters.tryton.wire import Record
from tasks.billing.contracts import Invoice, InvoiceLine
from tasks.values import Id

#: what customers owe us, not what we owe
SOLD = ("type", "=", "out")
_LINES = (*INVOICE_LINES.asked, "type", "product.name", "taxes.rate")
_FIELDS = (
    *INVOICES.asked,
    "invoice_date",
    "create_date",
    "description",
    "sales",
    "origin_invoices",
    "lines_to_pay.maturity_date",
    "lines_to_pay.reconciliation",
    *(f"lines.{name}" for name in _LINES),
)


def get(tryton: Tryton, invoice: Id) -> Invoice:
    """Return one invoice or credit note.

    Raises:
        NotFound: no invoice has this id.
    """
    found = read(tryton, [("id", "=", number_of(KIND, invoice))])
    if not found:
        raise no_such(KIND, invoice)
    return found[0]


def with_key(tryton: Tryton, key: str) -> Invoice | None:
    """Return the invoice or credit note whose reference is a key."""
    found = read(tryton, [("reference", "=", kept_key(key))])
    return found[0] if found else None


def read(tryton: Tryton, domain: Domain) -> list[Invoice]:
    """Return the invoices and credit notes that fit, in the order they were written."""
    order = [("id", "ASC")]
    rows = tryton.search_read(MODEL, [SOLD, *domain], _FIELDS, order=order)
    return [_invoice(row) for row in rows]


def due_of(lines: Sequence[Record]) -> dt.date | None:
    """Return when the next of these lines of an entry is to be paid; when the last was, if all are.

    Args:
        lines: what is to be paid of an invoice; nothing before it is posted.
    """
    days = [line["maturity_date"] for line in lines if line["maturity_date"]]
    open_days = [line["maturity_date"] for line in lines if line["reconciliation"] is None]
    return min(filter(None, open_days), default=max(days, default=None))


def _invoice(row: Record) -> Invoice:
    credited = row["origin_invoices"]
    return read_by(
        INVOICES,
        row,
        date=row["invoice_date"] or row["create_date"].date(),
        due=due_of(row["lines_to_pay."]),
        origin=_origin(row),
        credits=id_of(KIND, credited[0]) if credited else None,
        lines=tuple(_line(line) for line in row["lines."] if line["type"] == "line"),
    )


def _origin(row: Record) -> Id | None:
    """Return the document that an invoice was drafted for: ours, or the sale that made it."""
    if row["description"]:
        return str(row["description"])
    return id_of("offer", row["sales"][0]) if row["sales"] else None


def _line(row: Record) -> InvoiceLine:
    if not row["description"] and row["product."]:
        row = {**row, "description": row["product."]["name"]}
    return read_by(INVOICE_LINES, row, tax_rate=percent(tax["rate"] for tax in row["taxes."]))
