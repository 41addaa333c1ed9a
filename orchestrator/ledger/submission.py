"""Writing a new run: its row and its steps, in somebody's transaction."""

import datetime as dt
import json
import re
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import chain
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from orchestrator import clock
from orchestrator.capacity.resources import Resource
from orchestrator.errors import IdempotencyConflict, InvalidInput
from orchestrator.ledger import events, moved_clock, views
from orchestrator.ledger.bulk import insert_all, json_lists, rows_of_json
from orchestrator.ledger.definitions import keep
from orchestrator.ledger.flow import crowds
from orchestrator.ledger.flow.progress import Progress
from orchestrator.ledger.permits import resources
from orchestrator.ledger.sessions import sessions
from orchestrator.ledger.side_tables import pauses
from orchestrator.ledger.step_rows import first_steps, queue, step_rows
from orchestrator.ledger.tables import KEY_CHARACTERS, definitions, runs, steps
from orchestrator.ledger.views import Run
from orchestrator.plan import Plan
from orchestrator.states import Priority, RunState
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
    #: versions of the workflows it may begin as children, by name; see `definitions`
    children: Mapping[str, str] = field(default_factory=dict)
    #: the definitions of those that may not be in the ledger yet
    definitions: Sequence[Workflow] = ()
    parent: tuple[str, str] | None = None
    session: str | None = None
    resources: Sequence[Resource] = ()  #: what its permits are taken of, if nothing declares it yet
    fair_key: str | None = None  #: on whose behalf it takes what is shared fairly
    detail: Mapping[str, Any] = field(default_factory=dict)  #: for the event: `by` and such


@dataclass(frozen=True, slots=True)
class Submitted:
    """What came of a submission.

    Attributes:
        row: of the new run, as it was written; None: a used idempotency key gave the run it made.
        first: what is to be told once it is committed.
    """

    run_id: str
    row: Mapping[str, Any] | None
    first: Progress

    @property
    def is_new(self) -> bool:
        """Say whether there was no such run before."""
        return self.row is not None

    def run_in(self, connection: sa.Connection) -> Run:
        """Return the run, as the transaction that wrote it sees it."""
        return views.run_in(connection, self.run_id) if self.row is None else views.begun(self.row)


def insert(connection: sa.Connection, asked: Submission) -> tuple[str, bool]:
    """Write a run in the caller's transaction.

    Its first steps are ready: whoever comes first publishes them.

    Returns:
        The run's id, and whether it is new: a used idempotency key gives the run it made.

    Raises:
        IdempotencyConflict: the key was used for another workflow or another input.
        InvalidInput: the key is too long, or has characters that no ledger can keep.
        SessionNotFound: no session has this id.
        Refused: the session is closed.
    """
    (submitted,) = insert_many(connection, [asked], hand_over=False)
    return submitted.run_id, submitted.is_new


def insert_many(
    connection: sa.Connection, asked: Sequence[Submission], *, hand_over: bool = True
) -> list[Submitted]:
    """Do the same for many runs of one workflow and one session, none of them a child of another.

    Args:
        hand_over: the first steps are queued, and the caller tells of them at once.
    """
    for each in asked:
        _refuse_odd_key(each.idempotency_key or "")
    first = asked[0]
    is_gated = first.session is not None and sessions.is_gated(
        connection, first.session, is_child=first.parent is not None
    )
    rows = [_row(connection, new_run_id(), each, is_gated) for each in asked]
    found = {row.id: row for row in _insert_runs(connection, rows)}
    made = [(row, each) for row, each in zip(rows, asked, strict=True) if row["id"] in found]
    is_paused = any(row.is_paused for row in found.values())
    of_steps: dict[str, list[dict[str, Any]]] = {}
    if made:
        if is_paused:
            _pause(connection, [row for row, _ in made])
        own = [] if all(row.is_defined for row in found.values()) else [first.workflow]
        keep(connection, [*own, *first.definitions])
        held = frozenset(crowds.window(connection, first.plan, first.plan.start)[1])
        for row, each in made:
            of_steps[row["id"]] = step_rows(
                connection,
                row["id"],
                each.workflow.steps,
                each.plan,
                each.priority,
                held=held,
                is_gated=is_gated,
                fair_key=None if is_gated else each.fair_key,
            )
        written = list(chain.from_iterable(of_steps.values()))
        if hand_over and not is_paused and not is_gated:
            queue(written)
        insert_all(connection, steps, written)
        resources.declare_in(connection, first.resources)
        told = [
            events.event("run.submitted", row["id"], **_said(each, is_gated, is_paused))
            for row, each in made
        ]
        events.append_many(connection, told)
    return [
        Submitted(row["id"], row, _begun(row, of_steps[row["id"]], is_paused))
        if row["id"] in found
        else _existing(connection, each)
        for row, each in zip(rows, asked, strict=True)
    ]


def _begun(run: Mapping[str, Any], of_steps: Sequence[dict[str, Any]], is_paused: bool) -> Progress:
    if run["gated"] or is_paused:
        session = run["session_id"] if run["gated"] else None
        return Progress(run["id"], run["version"], session=session)
    return first_steps(run["id"], run["version"], of_steps)


def _row(
    connection: sa.Connection, run_id: str, asked: Submission, is_gated: bool
) -> dict[str, Any]:
    timeout = asked.workflow.timeout
    parent_run, parent_step = asked.parent or (None, None)
    return {
        "id": run_id,
        "workflow": asked.workflow.name,
        "version": asked.plan.version,
        "state": RunState.PENDING,
        "priority": asked.priority,
        "input": json.dumps(asked.run_input),
        "idempotency_key": asked.idempotency_key,
        "submitted_at": clock.now(),
        "deadline_at": moved_clock.now(connection) + dt.timedelta(seconds=timeout)
        if timeout
        else None,
        "children": json.dumps(dict(asked.children)) if asked.children else None,
        "parent_run": parent_run,
        "parent_step": parent_step,
        "session_id": asked.session,
        "gated": is_gated,
        "fair_key": asked.fair_key,
        "as_planned": not is_gated and asked.fair_key is None,
    }


def new_run_id() -> str:
    """Return an id that sorts by time: 11 hex digits of milliseconds, 16 of chance."""
    return f"{int(time.time() * 1000):011x}{secrets.token_hex(8)}"


def _pause(connection: sa.Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Hold new runs back, as their workflow is."""
    held = {"state": RunState.PAUSED, "paused_for": "workflow"}
    for row in rows:
        row.update(held)
    ids = [row["id"] for row in rows]
    connection.execute(sa.update(runs).where(runs.c.id.in_(ids)).values(**held))


def _said(asked: Submission, is_gated: bool, is_paused: bool) -> dict[str, Any]:
    said: dict[str, Any] = {
        "workflow": asked.workflow.name,
        "version": asked.plan.version,
        "priority": int(asked.priority),
    }
    if asked.parent:
        said["parent"] = list(asked.parent)
    if asked.session:
        said |= {"session": asked.session, "gated": is_gated}
    if is_paused:
        said["paused_for"] = "workflow"
    return {**said, **asked.detail}


def _refuse_odd_key(key: str) -> None:
    if len(key) > KEY_CHARACTERS:
        raise InvalidInput(
            f"idempotency key {key[:40]!r}… has {len(key)} characters, and {KEY_CHARACTERS} are "
            "allowed: use a digest of it"
        )
    if _UNKEPT.search(key):
        raise InvalidInput(f"idempotency key {key!r} has a character that no ledger can keep")


def _existing(connection: sa.Connection, asked: Submission) -> Submitted:
    found = connection.execute(
        sa.select(runs.c.id, runs.c.workflow, runs.c.version, runs.c.input).where(
            runs.c.idempotency_key == asked.idempotency_key
        )
    ).one()
    if (found.workflow, json.loads(found.input)) != (asked.workflow.name, asked.run_input):
        raise IdempotencyConflict(
            f"idempotency key {asked.idempotency_key!r} made run {found.id} of workflow "
            f"{found.workflow!r} with another input: use a new key"
        )
    return Submitted(found.id, None, Progress(found.id, found.version))


def _insert_runs(connection: sa.Connection, rows: Sequence[dict[str, Any]]) -> Iterator[Any]:
    """Insert runs unless their keys are taken; return what is to be known of those that were not.

    A key that is taken in an open transaction is waited for.
    """
    if connection.dialect.name == "sqlite":
        yield from connection.execute(_NEW_ON_SQLITE, rows)
        return
    for text in json_lists(rows):
        yield from connection.execute(_new_on_postgresql(tuple(rows[0])), {"rows": text})


def _of_run(column: sa.Column[str]) -> sa.ColumnElement[str]:
    """Return a column of the row that is inserted, in a subquery of RETURNING."""
    # SQLAlchemy would name it there without its table.
    return sa.literal_column(f"{column.table.name}.{column.name}", column.type)


#: What is told of a new run.
_TOLD = (
    runs.c.id,
    # Of a run that is there: from then on nobody deletes its definition, see `pruning`.
    sa.exists().where(definitions.c.version == _of_run(runs.c.version)).label("is_defined"),
    sa.exists()
    .where(pauses.c.kind == "workflow", pauses.c.name == _of_run(runs.c.workflow))
    .label("is_paused"),
)
_NEW_ON_SQLITE = sqlite.insert(runs).on_conflict_do_nothing().returning(*_TOLD)


@cache
def _new_on_postgresql(names: tuple[str, ...]) -> sa.Executable:
    inserted = postgresql.insert(runs).from_select(
        names, rows_of_json(runs, names), include_defaults=False
    )
    return inserted.on_conflict_do_nothing().returning(*_TOLD)
