"""The steps of a run, changed from one definition to another: removed, added, redefined."""

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa

from orchestrator import clock
from orchestrator.ledger import events
from orchestrator.ledger.bulk import insert_all
from orchestrator.ledger.locked import LockedRun
from orchestrator.ledger.step_rows import step_row
from orchestrator.ledger.submission import Submission
from orchestrator.ledger.tables import steps
from orchestrator.ledger.verbs.rebuilding import Left
from orchestrator.states import StepState

#: Of a step that has begun, only what does not touch what it does.
_FIXED = ("position", "undoable")
_FREE = (*_FIXED, "kind", "task", "queue", "priority", "fair_key", "start_within")


def remove(connection: sa.Connection, run_id: str, vanished: Collection[str], **said: Any) -> None:
    """Delete steps that the new definition does not have, and elements that were made of them."""
    for name in sorted(vanished):
        own = sa.or_(steps.c.name == name, steps.c.parent == name)
        connection.execute(sa.delete(steps).where(steps.c.run_id == run_id, own))
        events.append(connection, "step.removed", run_id, name, **said)


def redefine(
    connection: sa.Connection,
    run: LockedRun,
    asked: Submission,
    common: Collection[str],
    fixed: Collection[str],
) -> None:
    """Give steps that both definitions have what the new one says of them.

    Args:
        fixed: those of them that have begun.
    """
    for row in _rows(run, asked, common):
        name = row["name"]
        columns = _FIXED if name in fixed else _FREE
        values = {column: row[column] for column in columns}
        _write(connection, run.id, steps.c.name == name, values)
        undoable = asked.plan[name].step.compensate is not None
        elements = {"position": row["position"], "undoable": undoable}
        _write(connection, run.id, steps.c.parent == name, elements)


def add(
    connection: sa.Connection,
    run: LockedRun,
    asked: Submission,
    added: Mapping[str, Left],
    **said: Any,
) -> None:
    """Insert steps that the old definition did not have.

    In a run that has ended they are cancelled ones: whoever retries it has them done.
    """
    rows = []
    for row in _rows(run, asked, added.keys()):
        how = added[row["name"]]
        state = StepState.CANCELLED if run.state.is_final else how.state
        rows.append({**row, **_stand(how, state, clock.now())})
    insert_all(connection, steps, rows)
    events.append_many(
        connection,
        [events.event("step.added", run.id, r["name"], state=r["state"], **said) for r in rows],
    )


def _stand(how: Left, state: StepState, now: dt.datetime) -> dict[str, Any]:
    free_at = now if state is StepState.READY else None
    return {
        "state": state,
        "missing": how.missing,
        "undecided": how.undecided,
        "wide": False,
        "generation": 2,  # no chord has counted for it
        "ready_at": free_at,
        "queued_at": free_at,
        "ended_at": now if state.is_final else None,
    }


def _rows(run: LockedRun, asked: Submission, names: Collection[str]) -> list[dict[str, Any]]:
    now = clock.now()
    return [
        step_row(
            run.id,
            position,
            asked.plan[step.name],
            run.priority,
            now,
            fair_key=run.fair_key,
            is_counted=False,
        )
        for position, step in enumerate(asked.workflow.steps)
        if step.name in names
    ]


def _write(
    connection: sa.Connection,
    run_id: str,
    which: sa.ColumnElement[bool],
    values: Mapping[str, Any],
) -> None:
    connection.execute(sa.update(steps).where(steps.c.run_id == run_id, which).values(**values))
