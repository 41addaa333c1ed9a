"""Undoing what a run has done, one step after the other, the last one first.

An undoing is a step like any other (of kind `undo`): it is claimed, retried, timed out and
given back after a loss. All of a run's are written when nothing else of it is open; one of
them is queued, and its end queues the next. An irrevocable step that is done stands, and
all that led to it.
"""

import datetime as dt
from collections.abc import Container, Sequence
from typing import Any

import sqlalchemy as sa

from orchestrator import clock
from orchestrator.definition import names
from orchestrator.ledger import events
from orchestrator.ledger.flow.progress import NEXT_COLUMNS, Next, next_of
from orchestrator.ledger.locked import LockedRun
from orchestrator.ledger.tables import OPEN, runs, steps
from orchestrator.ledger.tables import events as log
from orchestrator.ledger.upserts import insert_into
from orchestrator.plan import Plan
from orchestrator.states import StepState

#: So many undoings are written with one statement.
_ROWS = 1000


def due(connection: sa.Connection, run: LockedRun, plan: Plan) -> Sequence[Any]:
    """Return the rows of what is to be undone before the run ends, in that order.

    Asked before the first undoing; one that failed leaves its step as it is.
    """
    if run.ending is None or not run.compensates:
        return ()
    kept = standing(connection, run.id, plan)
    done = connection.execute(_DONE, {"run": run.id}).all()
    return [row for row in done if _can_undo(plan, names.base(row.name), kept)]


def _can_undo(plan: Plan, name: str, kept: Container[str]) -> bool:
    # The version that the run was moved to may say no more how.
    return name not in kept and plan.steps[name].step.compensate is not None


# By the log's numbers, not by the clocks of those who ended them: a clock may be a minute off.
_ended = (
    sa.select(log.c.step, sa.func.max(log.c.id).label("number"))
    .where(log.c.run_id == sa.bindparam("run"), log.c.name == "step.succeeded")
    .group_by(log.c.step)
    .subquery()
)
_DONE = (
    sa.select(steps.c.name, steps.c.element, steps.c.item, steps.c.undoings)
    .select_from(steps.outerjoin(_ended, _ended.c.step == steps.c.name))
    .where(
        steps.c.run_id == sa.bindparam("run"),
        steps.c.undoable,
        steps.c.state == StepState.SUCCEEDED,
        steps.c.undone_at.is_(None),
    )
    .order_by(sa.func.coalesce(_ended.c.number, 0).desc())
)


def standing(connection: sa.Connection, run_id: str, plan: Plan) -> dict[str, str]:
    """Return the steps that cannot be undone any more, each with the irrevocable one it led to."""
    irrevocable = [name for name, planned in plan.steps.items() if planned.step.irrevocable]
    if not irrevocable:
        return {}
    # An element counts for its map: what it needed is needed, whatever becomes of the others.
    of = sa.func.coalesce(steps.c.parent, steps.c.name)
    passed = connection.execute(
        sa.select(of)
        .where(steps.c.run_id == run_id, of.in_(irrevocable), steps.c.state == StepState.SUCCEEDED)
        .distinct()
    )
    kept = {name: name for name in passed.scalars()}
    left = list(kept)
    while left:
        name = left.pop()
        for earlier in plan.steps[name].after:
            if earlier not in kept:
                kept[earlier] = kept[name]
                left.append(earlier)
    return kept


def begin(connection: sa.Connection, run: LockedRun, plan: Plan, undo: Sequence[Any]) -> Next:
    """Write the undoings of these rows, of which there is one at least; return the first."""
    priority, last = connection.execute(_PLACE, {"run": run.id}).one()
    rows = [
        _row(run, plan, done, priority=priority, position=last + place)
        for place, done in enumerate(undo, start=1)
    ]
    for start in range(0, len(rows), _ROWS):
        connection.execute(_writing(connection), rows[start : start + _ROWS])
    events.append(connection, "run.undoing", run.id, steps=[done.name for done in undo])
    return next_of(connection.execute(_QUEUE, {"run": run.id, "now": clock.now()}).one())


def after(connection: sa.Connection, run: LockedRun, undoing: str) -> Next | None:
    """Note what became of an undoing; return the next.

    None if it was the last, or if it was skipped before its turn and another is at work.
    """
    asked = {"run": run.id, "step": names.undone(undoing), "undoing": undoing, "now": clock.now()}
    if connection.execute(_MARK, asked).rowcount:
        events.append(connection, "step.undone", run.id, names.undone(undoing))
    row = connection.execute(_QUEUE, asked).one_or_none()
    return None if row is None else next_of(row)


def are_open(connection: sa.Connection, run_id: str) -> bool:
    """Say whether something is still to be undone, or is being undone."""
    return connection.execute(_OPEN_UNDOING, {"run": run_id}).first() is not None


def _row(run: LockedRun, plan: Plan, done: Any, *, priority: int, position: int) -> dict[str, Any]:
    step = plan[names.undoing(done.name)].step
    return {
        "run_id": run.id,
        "name": step.name,
        "kind": "undo",
        "position": position,
        # No `parent`: a map counts its elements, and has none more. Its inputs may name `$item`.
        "element": done.element,
        "item": done.item,
        "task": step.task,
        "queue": step.domain,
        "priority": priority,
        "state": StepState.PENDING,
        "missing": 0,
        "wide": False,
        "generation": 0,
        "attempts": 0,
        "losses": 0,
        # As often as the step was undone before: so each of its successes has an undoing
        # with a key of its own, and a second attempt at the same one has the same key.
        "undoings": done.undoings,
    }


#: An undoing that failed, or whose step was done again since, begins anew in the same row.
_RENEWED = ("position", "element", "item", "task", "queue", "priority", "state", "undoings")
_EMPTIED = (
    "due_at",
    "started_at",
    "deadline_at",
    "ended_at",
    "token",
    "worker",
    "result",
    "error",
    "reason",
)


def _writing(connection: sa.Connection) -> Any:
    insert = insert_into(connection, steps)
    return insert.on_conflict_do_update(
        index_elements=[steps.c.run_id, steps.c.name],
        set_={
            **{name: insert.excluded[name] for name in _RENEWED},
            **dict.fromkeys(_EMPTIED),
            "forgiven": steps.c.attempts,
            "losses": 0,
            "boost": 0,
        },
    )


_PLACE = sa.select(
    sa.select(runs.c.priority).where(runs.c.id == sa.bindparam("run")).scalar_subquery(),
    sa.func.max(steps.c.position),
).where(steps.c.run_id == sa.bindparam("run"), steps.c.kind != "undo")

_OPEN_UNDOING = (
    sa.select(steps.c.name)
    .where(steps.c.run_id == sa.bindparam("run"), sa.text(OPEN), steps.c.kind == "undo")
    .limit(1)
)
#: Of all that are open the first, and that only if its turn has not come yet: one at a time.
_FIRST = _OPEN_UNDOING.with_only_columns(steps.c.name, steps.c.state).order_by(
    steps.c.state == StepState.PENDING, steps.c.position
)
_first = _FIRST.subquery()
_NEXT = sa.select(_first.c.name).where(_first.c.state == StepState.PENDING)
_NOW: sa.BindParameter[dt.datetime] = sa.bindparam("now", type_=steps.c.queued_at.type)
_QUEUE = (
    sa.update(steps)
    .where(steps.c.run_id == sa.bindparam("run"), steps.c.name == _NEXT.scalar_subquery())
    .values(state=StepState.QUEUED, ready_at=_NOW, queued_at=_NOW)
    .returning(*NEXT_COLUMNS)
)

_undoing = steps.alias("undoing")
_MARK = (
    sa.update(steps)
    .where(
        steps.c.run_id == sa.bindparam("run"),
        steps.c.name == sa.bindparam("step"),
        steps.c.undone_at.is_(None),
        sa.exists().where(
            _undoing.c.run_id == sa.bindparam("run"),
            _undoing.c.name == sa.bindparam("undoing"),
            _undoing.c.state == StepState.SUCCEEDED,
        ),
    )
    .values(undone_at=_NOW, undoings=steps.c.undoings + 1)
)
