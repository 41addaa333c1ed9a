"""Checks and their plans as rows, and back."""

from collections import defaultdict
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, select

from tasks.adapters.embedded.production.records import KIND
from tasks.adapters.embedded.production.tables import quality_checks
from tasks.adapters.embedded.production.workshop_tables import check_plans, check_points
from tasks.adapters.ids import id_of, no_such, number_of
from tasks.inventory.contracts import CheckPlan, CheckPoint, CheckStage, CheckState, QualityCheck
from tasks.values import Id


def get_check(connection: Connection, check: Id) -> QualityCheck:
    """Return one check.

    Raises:
        NotFound: no check has this id.
    """
    found = read_checks(connection, quality_checks.c.id == number_of("check", check))
    if not found:
        raise no_such("check", check)
    return found[0]


def read_checks(connection: Connection, condition: ColumnElement[bool]) -> list[QualityCheck]:
    """Return the checks that fit, in the order they were opened."""
    query = select(quality_checks).where(condition).order_by(quality_checks.c.id)
    return [_check(row) for row in connection.execute(query)]


def _check(row: Row[Any]) -> QualityCheck:
    return QualityCheck(
        id=id_of("check", row.id),
        key=row.key,
        order=id_of(KIND, row.order_id),
        plan=id_of("check_plan", row.plan_id),
        state=CheckState(row.state),
        values=row.measured,
        accepted_by=row.accepted_by and id_of("person", row.accepted_by),
    )


def points_of(connection: Connection, plan: Id) -> tuple[CheckPoint, ...]:
    """Return what a plan measures."""
    [found] = read_plans(connection, check_plans.c.id == number_of("check_plan", plan))
    return found.points


def read_plans(connection: Connection, condition: ColumnElement[bool]) -> list[CheckPlan]:
    """Return the plans that fit, with their points."""
    point = check_points.c
    query = (
        select(check_plans, point.name.label("point"), point.unit, point.low, point.high)
        .join(check_points, point.plan_id == check_plans.c.id)
        .where(condition)
        .order_by(check_plans.c.id, point.position)
    )
    points: defaultdict[int, list[CheckPoint]] = defaultdict(list)
    plans: dict[int, Row[Any]] = {}
    for row in connection.execute(query):
        plans[row.id] = row
        points[row.id].append(CheckPoint(name=row.point, unit=row.unit, low=row.low, high=row.high))
    return [
        CheckPlan(
            id=id_of("check_plan", row.id),
            name=row.name,
            stage=CheckStage(row.stage),
            points=tuple(points[row.id]),
        )
        for row in plans.values()
    ]
