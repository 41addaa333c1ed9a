"""What keeps runs going: work that is going on, or time that has to pass.

For tests that move the clock: it may move only when nothing else would happen before.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from orchestrator.ledger import moved_clock
from orchestrator.ledger.engine import Ledger
from orchestrator.ledger.flow import children
from orchestrator.ledger.side_tables import schedules
from orchestrator.ledger.tables import STEP_IS_LIVE, runs, steps
from orchestrator.ledger.verbs.family import family
from orchestrator.states import HANDED_OVER, RunState, StepState


@dataclass(frozen=True, slots=True)
class Pace:
    """What runs wait for.

    Attributes:
        now: the business time.
        is_busy: something goes on by itself, without time having to pass.
        next_at: when something is due that only waits for it; None: nothing is.
    """

    now: dt.datetime
    is_busy: bool
    next_at: dt.datetime | None


def look(ledger: Ledger, run_id: str | None = None, *, with_schedules: bool = False) -> Pace:
    """Return what a run and its children wait for, or all runs.

    Args:
        with_schedules: a schedule's next time counts as something that is due.
    """
    unheard = {parent for parent, _ in children.unheard(ledger)}
    with ledger.read() as connection:
        ids = None if run_id is None else family(connection, run_id)
        live = _LIVE if ids is None else sa.and_(_LIVE, runs.c.id.in_(ids))
        now = moved_clock.now(connection)
        times = [connection.execute(query).scalar() for query in _times(live)]
        if with_schedules or ids is None:
            scheduled = connection.execute(_SCHEDULED).scalar()
            times += [scheduled] if with_schedules or (scheduled or now) < now else []
        at_work = [connection.execute(query).first() for query in _work(live)]
    next_at = min((time for time in times if time is not None), default=None)
    is_due = next_at is not None and next_at <= now
    is_unheard = bool(unheard if ids is None else unheard & {*ids})
    return Pace(now, is_due or is_unheard or any(at_work), next_at)


def _times(live: sa.ColumnElement[bool]) -> list[sa.Select[dt.datetime | None]]:
    due = sa.select(sa.func.min(steps.c.due_at)).select_from(
        steps.join(runs, runs.c.id == steps.c.run_id)
    )
    return [
        due.where(live, STEP_IS_LIVE, _IS_WAITING),
        sa.select(sa.func.min(runs.c.deadline_at)).where(live),
    ]


def _work(live: sa.ColumnElement[bool]) -> list[sa.Select[str]]:
    def holds(*conditions: Any) -> sa.Exists:
        return sa.select(steps.c.name).where(steps.c.run_id == runs.c.id, *conditions).exists()

    run = sa.select(runs.c.id).limit(1)
    return [
        run.where(live, holds(STEP_IS_LIVE, _IS_AT_WORK)),
        # A run in which nothing waits is between two steps, or about to end.
        run.where(live, ~runs.c.gated, ~holds(STEP_IS_LIVE, _IS_WAITING)),
    ]


_LIVE = runs.c.state.in_((RunState.PENDING, RunState.RUNNING))
_IS_WAITING = steps.c.state == StepState.WAITING
#: A step that its session has not admitted stays ready until another run moves.
_IS_AT_WORK = sa.or_(
    steps.c.state.in_((*HANDED_OVER, StepState.RUNNING)),
    sa.and_(steps.c.state == StepState.READY, ~runs.c.gated),
)
_SCHEDULED = sa.select(sa.func.min(schedules.c.next_at)).where(schedules.c.paused_at.is_(None))
