"""Writing a new run: its row, its steps and its definition, in somebody's transaction."""

import json
import re
import secrets
import time
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from orchestrator import clock
from orchestrator.errors import IdempotencyConflict, InvalidInput
from orchestrator.ledger import events
from orchestrator.ledger.tables import KEY_CHARACTERS, WIDE_JOIN, definitions, runs, steps
from orchestrator.plan import Plan
from orchestrator.states import Priority, RunState, StepState
from orchestrator.workflow import Workflow

#: PostgreSQL keeps no NUL, and UTF-8 no half of a surrogate pair.
_UNKEPT = re.compile(r"[\x00\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Submission:
    """What is asked for: a workflow with an input that fits it."""

    workflow: Workflow
    plan: Plan
    run_input: dict[str, Any]
    priority: Priority
    idempotency_key: str | None


def insert(connection: sa.Connection, asked: Submission) -> tuple[str, bool]:
    """Write a run in the caller's transaction.

    Returns:
        The run's id, and whether it is new: a used idempotency key gives the run it made.

    Raises:
        IdempotencyConflict: the key was used for another workflow or another input.
        InvalidInput: the key is too long, or has characters that no ledger can keep.
    """
    _refuse_odd_key(asked.idempotency_key or "")
    run_id = new_run_id()
    row = {
        "id": run_id,
        "workflow": asked.workflow.name,
        "version": asked.workflow.version,
        "state": RunState.PENDING,
        "priority": asked.priority,
        "input": json.dumps(asked.run_input),
        "idempotency_key": asked.idempotency_key,
        "submitted_at": clock.now(),
    }
    if not _insert_new(connection, runs, row):
        return _existing(connection, asked), False
    _insert_new(
        connection,
        definitions,
        {
            "version": asked.workflow.version,
            "name": asked.workflow.name,
            "body": asked.workflow.model_dump_json(),
            "created_at": clock.now(),
        },
    )
    connection.execute(sa.insert(steps), _rows(run_id, asked))
    events.append(connection, "run.submitted", run_id)
    return run_id, True


def new_run_id() -> str:
    """Return an id that sorts by time: 11 hex digits of milliseconds, 16 of chance."""
    return f"{int(time.time() * 1000):011x}{secrets.token_hex(8)}"


def _refuse_odd_key(key: str) -> None:
    if len(key) > KEY_CHARACTERS:
        raise InvalidInput(
            f"idempotency key {key[:40]!r}… has {len(key)} characters, and {KEY_CHARACTERS} are "
            "allowed: use a digest of it"
        )
    if _UNKEPT.search(key):
        raise InvalidInput(f"idempotency key {key!r} has a character that no ledger can keep")


def _insert_new(connection: sa.Connection, table: sa.Table, row: dict[str, Any]) -> bool:
    """Insert a row unless its key is taken; a key taken in an open transaction is waited for."""
    insert_of = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    inserted = insert_of(table).values(row).on_conflict_do_nothing()
    # Asked for by RETURNING: of an INSERT on PostgreSQL the driver tells no row count.
    return connection.execute(inserted.returning(*table.primary_key)).first() is not None


def _existing(connection: sa.Connection, asked: Submission) -> str:
    found = connection.execute(
        sa.select(runs.c.id, runs.c.workflow, runs.c.input).where(
            runs.c.idempotency_key == asked.idempotency_key
        )
    ).one()
    if (found.workflow, json.loads(found.input)) != (asked.workflow.name, asked.run_input):
        raise IdempotencyConflict(
            f"idempotency key {asked.idempotency_key!r} made run {found.id} of workflow "
            f"{found.workflow!r} with another input: use a new key"
        )
    return str(found.id)


def _rows(run_id: str, asked: Submission) -> list[dict[str, Any]]:
    start = frozenset(asked.plan.start)
    now = clock.now()
    rows = []
    for position, step in enumerate(asked.workflow.steps):
        width = len(asked.plan.steps[step.name].after)
        rows.append(
            {
                "run_id": run_id,
                "name": step.name,
                "position": position,
                "task": step.task,
                "queue": step.domain,
                "priority": asked.priority if step.priority is None else step.priority,
                "state": StepState.READY if step.name in start else StepState.PENDING,
                "missing": width,
                "wide": width > WIDE_JOIN,
                "generation": 1,
                "attempts": 0,
                "losses": 0,
                "queued_at": now if step.name in start else None,
            }
        )
    return rows
