"""Invoices of what is complete in a project; from the draft on they are billing's."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, select

from tasks.adapters.embedded.currency import NOTHING, money
from tasks.adapters.embedded.invoicing.drafting import write_draft
from tasks.adapters.embedded.invoicing.tables import invoices
from tasks.adapters.embedded.projects.invoiced import put_on_invoice
from tasks.adapters.embedded.projects.tables import invoiced_tasks, project_tasks
from tasks.adapters.embedded.projects.task_records import tasks_of
from tasks.adapters.embedded.sales.tables import taxes
from tasks.adapters.ids import id_of, number_of
from tasks.adapters.rules.projects import billable
from tasks.billing.contracts import InvoiceDraftLine
from tasks.erp_errors import Rejected
from tasks.scheduling.contracts import ProjectInvoice, ProjectTask
from tasks.values import Money, Quantity

#: the tax on what projects do, whoever the customer is
_TAX = "standard"


def find_invoice(connection: Connection, key: str) -> ProjectInvoice | None:
    """Return what this key put on an invoice."""
    query = (
        select(invoices.c.id, invoices.c.net, project_tasks.c.project_id, invoiced_tasks.c.task_id)
        .join(invoiced_tasks, invoiced_tasks.c.invoice_id == invoices.c.id)
        .join(project_tasks, project_tasks.c.id == invoiced_tasks.c.task_id)
        .where(invoices.c.key == key)
        .order_by(project_tasks.c.position)
    )
    rows = connection.execute(query).all()
    if not rows:
        return None
    return ProjectInvoice(
        id=id_of("invoice", rows[0].id),
        key=key,
        project=id_of("project", rows[0].project_id),
        tasks=tuple(id_of("task", row.task_id) for row in rows),
        net=money(rows[0].net),
    )


def draft_invoice(
    connection: Connection, key: str, project: Row[Any], *, on: dt.date
) -> ProjectInvoice | None:
    """Draft an invoice of what is complete and on none; None when there is nothing.

    Args:
        project: its row, which is held.

    Raises:
        Rejected: the project has no customer, or the key made an invoice of another kind.
    """
    project_id = id_of("project", project.id)
    if project.customer_id is None:
        raise Rejected(
            f"project {project.name!r} ({project_id}) has no customer to invoice: "
            "it is work for ourselves"
        )
    due = billable(tasks_of(connection, project.id))
    if not due:
        return None
    customer = id_of("customer", project.customer_id)
    lines = _lines(project.name, due, _tax_rate(connection))
    number = write_draft(connection, key, customer, lines, on=on, origin=project_id)
    if number is not None:
        put_on_invoice(connection, number, [number_of("task", task.id) for task in due])
    made = find_invoice(connection, key)
    if made is None:
        raise Rejected(f"the key {key!r} made an invoice that is no project's: take another")
    return made


def net_of(due: Sequence[ProjectTask]) -> Money:
    """Return what tasks come to on an invoice, before tax."""
    lines = _lines("", due, Decimal(0))
    return sum((line.net for line in lines), NOTHING)


def _lines(project: str, due: Sequence[ProjectTask], tax_rate: Decimal) -> list[InvoiceDraftLine]:
    return [
        InvoiceDraftLine(
            text=f"{project}: {task.name}",
            quantity=Quantity(amount=Decimal(1), unit="pcs"),
            unit_price=task.price,
            tax_rate=tax_rate,
        )
        for task in due
        if task.price is not None
    ]


def _tax_rate(connection: Connection) -> Decimal:
    query = select(taxes.c.rate).where(taxes.c.code == _TAX)
    rate: Decimal = connection.execute(query).scalar_one()
    return rate
