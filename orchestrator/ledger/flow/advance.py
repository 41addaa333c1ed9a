"""What the end of a step means for the steps after it.

A completion counts down its successors in the order of their names: two completions that
meet on two joins in different orders would lock each other. What is set free and done by
a worker becomes `queued`, and whoever commits publishes it; what no worker does becomes
`ready`, to be opened; so does everything while the run is held back.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from orchestrator import clock
from orchestrator.definition import durations
from orchestrator.ledger import moved_clock
from orchestrator.ledger.chunks import chunks
from orchestrator.ledger.flow import crowds
from orchestrator.ledger.flow.earlier import is_counted_by_successes
from orchestrator.ledger.flow.freed import Freed, has_chord
from orchestrator.ledger.flow.progress import NEXT_COLUMNS, Next
from orchestrator.ledger.flow.taking import Taker, take, taking
from orchestrator.ledger.flow.ways.values import counted
from orchestrator.ledger.locked import LockedRun
from orchestrator.ledger.tables import FOUND_STEP_IS_OPEN, WIDE_JOIN, step_is, steps
from orchestrator.plan import Plan, PlannedStep
from orchestrator.states import StepState, broker_level
from orchestrator.workflow import Step


def advance(
    connection: sa.Connection,
    run: LockedRun,
    plan: Plan,
    ended: str,
    *,
    succeeded: bool,
    taker: Taker | None = None,
) -> Freed:
    """Count a step's end for all that waits for it, and return what that brought nearer.

    Args:
        taker: who has done the step, with success, and goes on with one that is free now.
    """
    planned = plan[ended]
    move = _Move(connection, run, plan, taker)
    move.free_singles(planned)
    if planned.in_crowd and not run.is_ordered:
        move.go_on_with_crowd(planned.step.domain)
    others = {name for name in planned.before if not is_single(plan.steps[name])}
    for name in sorted(others.union(planned.preferred_by)):
        if name in others and run.as_planned and is_wide(plan.steps[name]):
            move.freed.joins.append(first_part(plan.steps[name], run.priority))
            continue
        row = None
        if name in others:
            row = _count(connection, run, plan.steps[name], succeeded=succeeded)
        elif _is_patient(connection, run.id, name):
            row = prefer(connection, run, plan.steps[name])
        if row is not None and not move.takes_join(row):
            move.freed.add(row, plan.steps[name], run.fair_key)
    if run.is_gated:
        move.freed.openings.clear()  # its session says when
    return move.freed


@dataclass(slots=True)
class _Move:
    """What one transaction frees, of which the taker takes one step at most."""

    connection: sa.Connection
    run: LockedRun
    plan: Plan
    taker: Taker | None
    freed: Freed = field(default_factory=Freed)

    def free_singles(self, planned: PlannedStep) -> None:
        """Free the steps that wait for this one alone; of a crowd, a window of them."""
        names = [name for name in planned.before if is_single(self.plan.steps[name])]
        if names and self._takes(_TAKE, names[0]):
            names = names[1:]
        go, held = names, list[str]()
        # The steps of a session go as it says, and those that take turns when it is theirs.
        if not self.run.is_ordered:
            go, held = crowds.window(self.connection, self.plan, names)
        for part in chunks(go):
            for row in _release(self.connection, self.run, part):
                self.freed.add(row, self.plan.steps[row.name], self.run.fair_key)
        for part in chunks(held):
            _release(self.connection, self.run, part, is_held_back=True)

    def go_on_with_crowd(self, queue: str) -> None:
        """Take the next step that is held back, or hand it over."""
        if self.freed.taken is None:
            self.freed.taken = crowds.take_next(self.connection, self.plan, self.taker)
            if self.freed.taken is not None:
                return
        following = crowds.let_next_go(self.connection, self.run, queue)
        if following is not None:
            self.freed.add(following, self.plan.steps[following.name])

    def takes_join(self, row: Any) -> bool:
        """Take a join whose last predecessor has ended; its chord is given no last part then."""
        planned, free = self.plan.steps[row.name], self.run.free_state
        # What takes turns has no chord, and a process that goes on is at its turn.
        is_join = has_chord(row, planned) or (self.run.fair_key is not None and planned.is_plain)
        return row.state == free and is_join and self._takes(_TAKE_JOIN, row.name, free=free)

    def _takes(self, statement: sa.Update, name: str, **which: Any) -> bool:
        if self.taker is None or self.freed.taken or not self.taker.suits(self.plan.steps[name]):
            return False
        self.freed.taken = take(
            self.connection, self.plan, self.taker, statement, step=name, **which
        )
        return self.freed.taken is not None


def is_single(planned: PlannedStep) -> bool:
    """Say whether a step waits for one other and nothing else: no count is needed."""
    return planned.is_plain and len(planned.after) == 1


def is_wide(planned: PlannedStep) -> bool:
    """Say whether the last part of a step's chord starts it, without a count in the ledger."""
    return planned.is_plain and len(planned.after) > WIDE_JOIN


def first_part(planned: PlannedStep, priority: int) -> Next:
    """Return the join that a chord alone counts, as it stands in a run that is as planned.

    Args:
        priority: of the run.
    """
    level = broker_level(planned.step.priority_in(priority))
    return Next(planned.step.name, attempt=1, level=level, generation=1)


def _release(
    connection: sa.Connection, run: LockedRun, names: list[str], *, is_held_back: bool = False
) -> Iterable[Any]:
    """Free steps, and return their rows; one that is held back is ready, and was never queued."""
    now = clock.now()
    asked = {
        "run": run.id,
        "names": names,
        "now": now,
        "queued": None if is_held_back else now,
        "free": StepState.READY if is_held_back else run.free_state,
    }
    return connection.execute(_RELEASE, asked).all()


# The statements of every step are made once: to build one takes longer than to run it.
_RELEASE = (
    sa.update(steps)
    .where(
        steps.c.run_id == sa.bindparam("run"),
        steps.c.name.in_(sa.bindparam("names", expanding=True)),
        step_is(StepState.PENDING),
    )
    .values(
        state=sa.bindparam("free"),
        missing=0,
        queued_at=sa.bindparam("queued"),
        ready_at=sa.bindparam("now"),
    )
    .returning(*NEXT_COLUMNS)
)
_TAKE = taking(steps.c.name == sa.bindparam("step"), step_is(StepState.PENDING))
_TAKE_JOIN = taking(steps.c.name == sa.bindparam("step"), step_is(sa.bindparam("free")))


def _count(
    connection: sa.Connection, run: LockedRun, planned: PlannedStep, *, succeeded: bool
) -> Any | None:
    """Count one predecessor of a step; return its row if somebody has to hear of it."""
    if is_wide(planned):
        seen = connection.execute(_LOOK, {"run": run.id, "step": planned.step.name}).one()
        if seen.generation == 1:
            return seen
    some = is_counted_by_successes(planned)
    asked = {
        "run": run.id,
        "step": planned.step.name,
        "now": clock.now(),
        "free": run.free_state if planned.step.kind == "task" else StepState.READY,
    }
    if some:
        asked["made"] = int(succeeded)
    row = connection.execute(_COUNT_SOME if some else _COUNT, asked).one_or_none()
    if row is None or row.state == StepState.PENDING:
        return row if row is not None and has_chord(row, planned) else None
    return prefer(connection, run, planned, row) if planned.step.prefer_after else row


_LOOK = sa.select(*NEXT_COLUMNS).where(
    steps.c.run_id == sa.bindparam("run"), steps.c.name == sa.bindparam("step")
)


def _counting(left: sa.ColumnElement[int], is_free: sa.ColumnElement[bool]) -> sa.Update:
    return (
        sa.update(steps)
        .where(
            steps.c.run_id == sa.bindparam("run"),
            steps.c.name == sa.bindparam("step"),
            step_is(StepState.PENDING),
        )
        .values(counted(left, is_free, sa.bindparam("free")))
        .returning(*NEXT_COLUMNS)
    )


_COUNT = _counting(steps.c.missing - 1, steps.c.missing == 1)
#: Of an `any` or a number: free as soon as enough have succeeded, or no longer can.
_LEFT = steps.c.missing - sa.bindparam("made")
_COUNT_SOME = _counting(_LEFT, sa.or_(_LEFT == 0, steps.c.undecided - 1 < _LEFT)).values(
    undecided=steps.c.undecided - 1
)


def _is_patient(connection: sa.Connection, run_id: str, name: str) -> bool:
    """Lock a step's row, and say whether it waits for the steps it rather follows."""
    row = connection.execute(_LOCK, {"run": run_id, "step": name}).one()
    return bool(row.state == StepState.WAITING and row.attempts == row.forgiven)


_LOCK = (
    sa.select(steps.c.state, steps.c.attempts, steps.c.forgiven)
    .where(steps.c.run_id == sa.bindparam("run"), steps.c.name == sa.bindparam("step"))
    .with_for_update()
)


def prefer(
    connection: sa.Connection, run: LockedRun, planned: PlannedStep, freed: Any | None = None
) -> Any | None:
    """Let a step that could start wait for those it rather follows, or wait no longer.

    Its row is locked by the caller: whoever of those ends meanwhile comes after us.

    Returns:
        Its row if it goes on now.
    """
    step = planned.step
    unfinished = (
        connection.execute(
            sa.select(steps.c.name).where(
                steps.c.run_id == run.id, steps.c.name.in_(step.prefer_after), FOUND_STEP_IS_OPEN
            )
        )
        .scalars()
        .all()
    )
    values: dict[str, Any]
    if unfinished:
        if freed is None:
            return None
        values = patience_of(step, sorted(unfinished), moved_clock.now(connection))
    elif freed is not None:
        return freed
    else:
        free = run.free_state if step.kind == "task" else StepState.READY
        values = {"state": free, "due_at": None, "reason": None}
        values |= dict.fromkeys(("queued_at", "ready_at"), clock.now())
    row = connection.execute(
        sa.update(steps)
        .where(steps.c.run_id == run.id, steps.c.name == step.name)
        .values(**values)
        .returning(*NEXT_COLUMNS)
    ).one()
    return None if unfinished else row


def patience_of(step: Step, unfinished: Sequence[str], began: dt.datetime) -> dict[str, Any]:
    """Return the columns of a step that waits for steps it rather follows, from `began` on."""
    return {
        "state": StepState.WAITING,
        "due_at": began + dt.timedelta(seconds=step.patience),
        "reason": f"it rather follows {', '.join(unfinished)}, and waits for that at most "
        f"{durations.words(step.patience)}",
    }
