"""What of projects is on an invoice that counts: a draft, a posted or a paid one.

The invoice is asked, whoever cancelled or credited it: what is on a cancelled one is not invoiced.
"""

from collections.abc import Collection

from sqlalchemy import Connection, insert, select

from tasks.adapters.embedded.invoicing.tables import invoices
from tasks.adapters.embedded.projects.tables import invoiced_entries, invoiced_tasks, time_entries
from tasks.billing.contracts import InvoiceState

_COUNTS = invoices.c.state != InvoiceState.CANCELLED


def invoiced_among(connection: Connection, tasks: Collection[int]) -> set[int]:
    """Return which of these tasks are invoiced."""
    query = (
        select(invoiced_tasks.c.task_id)
        .join(invoices, invoices.c.id == invoiced_tasks.c.invoice_id)
        .where(invoiced_tasks.c.task_id.in_(tasks), _COUNTS)
    )
    return set(connection.scalars(query))


def is_entry_invoiced(connection: Connection, entry: int) -> bool:
    """Tell whether hours are invoiced."""
    query = (
        select(invoices.c.id)
        .join(invoiced_entries, invoices.c.id == invoiced_entries.c.invoice_id)
        .where(invoiced_entries.c.entry_id == entry, _COUNTS)
    )
    return connection.execute(query).first() is not None


def put_on_invoice(connection: Connection, invoice: int, tasks: Collection[int]) -> None:
    """Say that tasks are on an invoice, with the hours that are booked on them now."""
    rows = [{"invoice_id": invoice, "task_id": task} for task in tasks]
    connection.execute(insert(invoiced_tasks), rows)
    query = select(time_entries.c.id).where(
        time_entries.c.task_id.in_(tasks), ~time_entries.c.taken_back
    )
    entries = [{"invoice_id": invoice, "entry_id": entry} for entry in connection.scalars(query)]
    if entries:
        connection.execute(insert(invoiced_entries), entries)
