"""The quality gates of the embedded ERP.

    open ──▶ passed
     │└────▶ failed ──▶ accepted
     └─────▶ withdrawn

An order is finished when, of each plan for its product, the latest check is passed or accepted.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, update

from tasks.adapters.embedded.production.quality_records import (
    get_check,
    points_of,
    read_checks,
    read_plans,
)
from tasks.adapters.embedded.production.records import KIND, claim, hold
from tasks.adapters.embedded.production.tables import production_orders, quality_checks
from tasks.adapters.embedded.production.workshop_tables import check_plans
from tasks.adapters.embedded.sales.tables import people
from tasks.adapters.embedded.sql.database import Database, insert_new
from tasks.adapters.embedded.sql.records import row_of
from tasks.adapters.ids import number_of
from tasks.adapters.rules.production import (
    CHECKABLE,
    arrived,
    assert_good,
    judged,
    takes_no_values,
)
from tasks.erp_errors import Rejected
from tasks.inventory.contracts import (
    CheckPlan,
    CheckStage,
    CheckState,
    ProductionOrder,
    QualityCheck,
)
from tasks.values import Id


class Checks:
    """A `QualityChecks`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def required(self, order: Id, stage: CheckStage) -> list[CheckPlan]:
        """Return what must be checked of a production order at a stage."""
        with self._database.reading() as connection:
            row = row_of(connection, production_orders, KIND, order)
            made_and_then = (check_plans.c.product_id == row.product_id) & (
                check_plans.c.stage == stage
            )
            return read_plans(connection, made_and_then)

    def find(self, key: str) -> QualityCheck | None:
        """Return the check that an earlier `open` with this key made."""
        with self._database.reading() as connection:
            return next(iter(read_checks(connection, quality_checks.c.key == key)), None)

    def open(self, key: str, order: Id, plan: Id) -> QualityCheck:
        """Begin a check, or return the one that this key began."""
        same_key = quality_checks.c.key == key
        with self._database.writing() as connection:
            hold(connection, order)
            for made in read_checks(connection, same_key):
                return made
            # Claimed, so that nobody finishes the order without this check meanwhile.
            number = claim(connection, order, "checked", CHECKABLE)
            made_of = row_of(connection, production_orders, KIND, order).product_id
            wanted = row_of(connection, check_plans, "check_plan", plan)
            if wanted.product_id != made_of:
                raise Rejected(f"the plan {wanted.name!r} is not for what {order} makes")
            insert_new(
                connection,
                quality_checks,
                key=key,
                order_id=number,
                plan_id=wanted.id,
                state=CheckState.OPEN,
                measured={},
            )
            return read_checks(connection, same_key)[0]

    def get(self, check: Id) -> QualityCheck:
        """Return one check."""
        with self._database.reading() as connection:
            return get_check(connection, check)

    def of(self, order: Id) -> list[QualityCheck]:
        """Return the checks of a production order, in the order they were opened."""
        with self._database.reading() as connection:
            row = row_of(connection, production_orders, KIND, order)
            return read_checks(connection, quality_checks.c.order_id == row.id)

    def record(self, check: Id, values: Mapping[str, Decimal]) -> QualityCheck:
        """Write down what was measured: passed or failed."""
        with self._database.writing() as connection:
            before = get_check(connection, check)
            state = judged(points_of(connection, before.plan), values)
            after = _move(connection, check, (CheckState.OPEN,), state=state, measured=dict(values))
        if after.values != dict(values):
            raise takes_no_values(after)
        return after

    def accept(self, check: Id, by: Id) -> QualityCheck:
        """Let a failed check pass on a person's word."""
        with self._database.writing() as connection:
            person = row_of(connection, people, "person", by).id
            accepted = {"state": CheckState.ACCEPTED, "accepted_by": person}
            after = _move(connection, check, (CheckState.FAILED,), **accepted)
        return arrived(after, CheckState.ACCEPTED, "only a failed one can be accepted")

    def withdraw(self, check: Id) -> QualityCheck:
        """Give up an open check."""
        with self._database.writing() as connection:
            after = _move(connection, check, (CheckState.OPEN,), state=CheckState.WITHDRAWN)
        return arrived(after, CheckState.WITHDRAWN, "a finding is not taken back")


def assert_checked(connection: Connection, order: ProductionOrder) -> None:
    """Let an order pass whose required checks have all passed or are accepted.

    Raises:
        Rejected: one is missing, open or failed.
    """
    number = number_of(KIND, order.id)
    product = number_of("product", order.product)
    assert_good(
        read_plans(connection, check_plans.c.product_id == product),
        read_checks(connection, quality_checks.c.order_id == number),
    )


def _move(
    connection: Connection, check: Id, sources: Sequence[CheckState], **columns: Any
) -> QualityCheck:
    """Change a check that is in one of these states; return it, changed or not."""
    may_move = (quality_checks.c.id == number_of("check", check)) & quality_checks.c.state.in_(
        sources
    )
    connection.execute(update(quality_checks).where(may_move).values(columns))
    return get_check(connection, check)
