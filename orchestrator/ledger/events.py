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
