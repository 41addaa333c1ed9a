"""The append-only log: what happened, when, and by whom."""

import json
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from orchestrator import clock
from orchestrator.ledger.bulk import insert_all
from orchestrator.ledger.tables import events

#: The run of an event that belongs to none: of a schedule, of a webhook.
NO_RUN = ""


def append(
    connection: sa.Connection,
    name: str,
    run_id: str,
    step: str | None = None,
    *,
    attempt: int | None = None,
    worker: str | None = None,
    **detail: Any,
) -> None:
    """Write one event, `step.started` or such; `detail` must be JSON."""
    append_many(connection, [event(name, run_id, step, attempt=attempt, worker=worker, **detail)])


def event(
    name: str,
    run_id: str,
    step: str | None = None,
    *,
    attempt: int | None = None,
    worker: str | None = None,
    **detail: Any,
) -> dict[str, Any]:
    """Return an event as a row, to be written with `append_many`."""
    return {
        "name": name,
        "run_id": run_id,
        "step": step,
        "at": clock.now(),
        "attempt": attempt,
        "worker": worker,
        "detail": json.dumps(detail) if detail else None,
    }


def append_many(connection: sa.Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Write several events at once."""
    insert_all(connection, events, rows)


def appending(*each: sa.Select[Any]) -> sa.CTE:
    """Return the part of a statement of PostgreSQL that writes events, in this order.

    Args:
        each: made by `event_of_each`.
    """
    rows = sa.union_all(*each) if len(each) > 1 else each[0]
    return sa.insert(events).from_select(_COLUMNS, rows, include_defaults=False).cte("logged")


def event_of_each(source: sa.CTE, **values: str | sa.ColumnElement[Any]) -> sa.Select[Any]:
    """Return an event for each row of a part of a statement.

    Args:
        values: by the event's columns, a column of the source or the name of a parameter; null
            where there is none.
    """
    chosen = []
    for name in _COLUMNS:
        value = values.get(name)
        if isinstance(value, str):
            value = sa.bindparam(value, type_=events.c[name].type)
        chosen.append(sa.null() if value is None else value)
    return sa.select(*chosen).select_from(source)


_COLUMNS = ("run_id", "step", "name", "at", "attempt", "worker", "detail")
