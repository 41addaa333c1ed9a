"""Budgets as rows and back: what was allotted to projects, one after the other."""

from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, select

from tasks.adapters.embedded.currency import CURRENCY, money
from tasks.adapters.embedded.projects.maps import BUDGETS
from tasks.adapters.embedded.projects.tables import budgets
from tasks.adapters.embedded.sql.database import insert_new
from tasks.adapters.embedded.sql.records import read
from tasks.adapters.ids import number_of
from tasks.adapters.rules.projects import check_planned
from tasks.scheduling.contracts import Budget, ProjectCosts
from tasks.values import Id


def write_budget(connection: Connection, key: str, project: Id, planned: ProjectCosts) -> Budget:
    """Write down what a project may cost, or return what this key wrote down.

    Args:
        project: there is one with this id, and it is held, so that the last budget has the last id.

    Raises:
        Rejected: an amount is below zero or in another currency.
    """
    check_planned(planned, CURRENCY)
    insert_new(
        connection,
        budgets,
        key=key,
        project_id=number_of("project", project),
        labour=planned.labour.amount,
        material=planned.material.amount,
        other=planned.other.amount,
    )
    query = select(budgets).where(budgets.c.key == key)
    return _budget(connection.execute(query).one())


def find_budget(connection: Connection, key: str) -> Budget | None:
    """Return the budget that this key set."""
    return _last(connection, budgets.c.key == key)


def budget_of(connection: Connection, project: int) -> Budget | None:
    """Return the budget that a project has now."""
    return _last(connection, budgets.c.project_id == project)


def _last(connection: Connection, condition: ColumnElement[bool]) -> Budget | None:
    query = select(budgets).where(condition).order_by(budgets.c.id.desc()).limit(1)
    row = connection.execute(query).one_or_none()
    return None if row is None else _budget(row)


def _budget(row: Row[Any]) -> Budget:
    planned = ProjectCosts(
        labour=money(row.labour), material=money(row.material), other=money(row.other)
    )
    return read(BUDGETS, row, planned=planned)
