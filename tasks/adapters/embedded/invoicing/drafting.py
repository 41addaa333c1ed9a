"""Draft invoices: written in the caller's transaction, with whatever they charge for."""

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import Connection, select

from tasks.adapters.embedded.invoicing.records import write_invoice
from tasks.adapters.embedded.invoicing.rules import kept_lines
from tasks.adapters.embedded.sales.customers import customer_number
from tasks.adapters.embedded.sales.rules import articles
from tasks.adapters.embedded.sales.tables import taxes, units
from tasks.billing.contracts import InvoiceDraftLine, InvoiceLine, InvoiceState
from tasks.values import Id


def write_draft(
    connection: Connection,
    key: str,
    customer: Id,
    lines: Sequence[InvoiceDraftLine],
    *,
    on: dt.date,
    origin: Id | None = None,
) -> int | None:
    """Write a draft invoice; return its number, None when the key made an invoice before.

    Raises:
        NotFound: no customer or product has this id.
        Rejected: there is no line, or a line that the ERP does not take.
    """
    buyer = customer_number(connection, customer)
    return write_invoice(
        connection,
        key,
        _kept(connection, lines),
        state=InvoiceState.DRAFT,
        customer_id=buyer,
        date=on,
        origin=origin,
    )


def _kept(connection: Connection, lines: Sequence[InvoiceDraftLine]) -> list[InvoiceLine]:
    named = [line.product for line in lines if line.product is not None]
    return kept_lines(
        lines,
        articles=articles(connection, named),
        digits={row.code: row.digits for row in connection.execute(select(units))},
        rates=set(connection.scalars(select(taxes.c.rate))),
    )
