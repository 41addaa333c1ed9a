"""A way on SQLite: one update of all the rows."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from orchestrator.ledger.flow.finishing import IS_HELD
from orchestrator.ledger.flow.progress import NEXT_COLUMNS
from orchestrator.ledger.flow.taking import TAKEN, TAKEN_COLUMNS
from orchestrator.ledger.flow.ways.values import COUNTED, ENDED_WELL, FREED
from orchestrator.ledger.tables import runs, step_is, steps
from orchestrator.states import StepState

_OF_RUN = steps.c.run_id == sa.bindparam("run")
_JOINS = sa.select(
    sa.func.json_each(sa.bindparam("joins", type_=sa.JSON)).table_valued("value").c.value
)


def on_sqlite(
    run: sa.Select[Any],
    next_one: sa.Select[Any] | None,
    *,
    takes: bool,
    counts: bool,
) -> sa.Executable:
    """Return the update, which finds the rows by one list of names; see `Way`."""
    is_done = steps.c.name == sa.bindparam("step")
    is_join = steps.c.name.in_(_JOINS)
    named: list[sa.Select[Any]] = [sa.select(sa.bindparam("step"))]
    kinds: list[tuple[sa.ColumnElement[bool], Mapping[str, Any]]] = [(is_done, ENDED_WELL)]
    stands = [sa.or_(IS_HELD, ~is_done)]
    if counts:
        named.append(_JOINS)
        kinds.append((is_join, COUNTED))
        stands.append(sa.or_(~is_join, step_is(StepState.PENDING)))
    if next_one is not None:
        named.append(sa.select(next_one.where(_OF_RUN).scalar_subquery()))
        kinds.append((~is_done, TAKEN if takes else FREED))
    of_run = (
        sa.select(column)
        .where(runs.c.id == sa.bindparam("run"))
        .scalar_subquery()
        .label(f"run_{column.name}")
        for column in (runs.c.priority, runs.c.fair_key)
    )
    return (
        sa.update(steps)
        .where(
            _OF_RUN,
            steps.c.name.in_(sa.union_all(*named)),
            *stands,
            run.where(runs.c.version == sa.bindparam("version")).exists(),
        )
        .values(**_by_kind(kinds))
        .returning(*(TAKEN_COLUMNS if takes else NEXT_COLUMNS), *of_run)
    )


def _by_kind(
    kinds: Sequence[tuple[sa.ColumnElement[bool], Mapping[str, Any]]],
) -> dict[str, sa.ColumnElement[Any]]:
    """Return the values of an update that makes another thing of each kind of rows.

    Args:
        kinds: how a row is told, and what is made of it; the last are all others.
    """
    *told, (_, others) = kinds
    return {
        name: sa.case(
            *((is_it, values.get(name, steps.c[name])) for is_it, values in told),
            else_=others.get(name, steps.c[name]),
        )
        for name in sorted({name for _, values in kinds for name in values})
    }
