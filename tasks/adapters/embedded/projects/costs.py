"""What was bought for projects: each purchase a double entry, on the account of the projects.

    debit   projects            what it cost
    credit  trade payables      we owe it to who sold it

What a supplier gives back is booked the other way round.
"""

import datetime as dt

from sqlalchemy import ColumnElement, Connection, select

from tasks.adapters.embedded.currency import CURRENCY, NOTHING, money
from tasks.adapters.embedded.invoicing import journal
from tasks.adapters.embedded.invoicing.journal import Account, Line
from tasks.adapters.embedded.projects.cost_kinds import CostKind, ProjectCost
from tasks.adapters.embedded.projects.maps import COSTS
from tasks.adapters.embedded.projects.tables import project_costs
from tasks.adapters.embedded.sql.database import insert_new
from tasks.adapters.embedded.sql.records import read
from tasks.adapters.ids import number_of
from tasks.erp_errors import Rejected
from tasks.values import Id, Money


def write_cost(
    connection: Connection,
    key: str,
    project: Id,
    kind: CostKind,
    amount: Money,
    *,
    on: dt.date,
    text: str,
) -> ProjectCost:
    """Write a cost down and post it, or return what this key wrote down.

    Args:
        project: there is one with this id.

    Raises:
        Rejected: the amount is nothing, finer than a cent or in another currency.
    """
    _check_amount(amount, text)
    number = insert_new(
        connection,
        project_costs,
        key=key,
        project_id=number_of("project", project),
        kind=kind,
        amount=amount.amount,
        on=on,
        text=text,
    )
    if number is not None:
        lines = [
            Line(Account.PROJECTS, amount.amount, text),
            Line(Account.PAYABLE, -amount.amount, text),
        ]
        journal.post(connection, project, f"cost {number}", lines, on=on)
    return _costs(connection, project_costs.c.key == key)[0]


def find_cost(connection: Connection, key: str) -> ProjectCost | None:
    """Return what this key booked."""
    return next(iter(_costs(connection, project_costs.c.key == key)), None)


def bought_until(connection: Connection, project: int, until: dt.date) -> dict[CostKind, Money]:
    """Return what was bought for a project until a day, of each kind."""
    bought = dict.fromkeys(CostKind, NOTHING)
    its_own = (project_costs.c.project_id == project) & (project_costs.c.on <= until)
    for cost in _costs(connection, its_own):
        bought[cost.kind] += cost.amount
    return bought


def _check_amount(amount: Money, text: str) -> None:
    if amount.currency != CURRENCY:
        raise Rejected(f"{text!r} cost {amount}: this ERP books in {CURRENCY}")
    if not amount.amount or amount != amount.rounded():
        raise Rejected(
            f"{text!r} cannot cost {amount}: give whole cents, below zero for what came back"
        )


def _costs(connection: Connection, condition: ColumnElement[bool]) -> list[ProjectCost]:
    query = select(project_costs).where(condition).order_by(project_costs.c.id)
    return [read(COSTS, row, amount=money(row.amount)) for row in connection.execute(query)]
