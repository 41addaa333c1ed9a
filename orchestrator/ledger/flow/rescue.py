"""Finding attempts that will never report, and giving their steps back."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from orchestrator import clock
from orchestrator.ledger import events
from orchestrator.ledger.engine import Ledger
from orchestrator.ledger.flow.claim import Held
from orchestrator.ledger.ledger_time import LedgerTime
from orchestrator.ledger.locked import lock
from orchestrator.ledger.tables import STEP_IS_LIVE, runs, step_is, steps, workers
from orchestrator.states import StepState


@dataclass(frozen=True, slots=True)
class Silent:
    """A running attempt that has outlived its worker or its deadline."""

    held: Held
    overdue: bool  #: its deadline has passed; otherwise its worker is gone
    losses: int  #: workers that the step lost before


def silent(ledger: Ledger, *, grace: float) -> list[Silent]:
    """Return attempts past their deadline by `grace` seconds, and those of dead workers."""
    overdue = steps.c.deadline_at < LedgerTime(-grace)
    dead = sa.or_(workers.c.lease_until.is_(None), workers.c.lease_until < LedgerTime())
    with ledger.read() as connection:
        rows = connection.execute(_running(overdue).where(sa.or_(overdue, dead))).all()
    return [_silent(row) for row in rows]


def of_step(ledger: Ledger, run_id: str, step: str) -> Silent | None:
    """Return the attempt of a step that runs, as if its worker were gone; None: none does."""
    query = _running(sa.false()).where(steps.c.run_id == run_id, steps.c.name == step)
    with ledger.read() as connection:
        row = connection.execute(query).one_or_none()
    return None if row is None else _silent(row)


def _running(overdue: sa.ColumnElement[bool]) -> sa.Select[Any]:
    return (
        sa.select(steps, runs.c.version, sa.func.coalesce(overdue, sa.false()).label("overdue"))
        .select_from(
            steps.join(runs, runs.c.id == steps.c.run_id).outerjoin(
                workers, workers.c.id == steps.c.worker
            )
        )
        .where(STEP_IS_LIVE, steps.c.state == StepState.RUNNING)
    )


def _silent(row: Any) -> Silent:
    return Silent(
        held=Held(
            run_id=row.run_id,
            step=row.name,
            attempt=row.attempts,
            failures=row.attempts - row.forgiven - row.losses - 1,
            token=row.token,
            worker=row.worker,
            version=row.version,
            as_planned=False,  # nobody has looked
        ),
        overdue=bool(row.overdue),
        losses=row.losses,
    )


def give_back(ledger: Ledger, lost: Silent) -> bool:
    """Make the step of a lost attempt ready again; say whether nobody else was faster.

    In a run that is ending there is no other attempt: the step is cancelled instead, unless
    it undoes what was done, and that is not to stand.
    """
    held = lost.held
    with ledger.write() as connection:
        run = lock(connection, held.run_id, exclusive=True)
        is_over = not run.may_try_again(held.step)
        fate = {"state": StepState.CANCELLED, "ended_at": clock.now()} if is_over else _READY
        back = connection.execute(
            sa.update(steps)
            .where(
                steps.c.run_id == held.run_id,
                steps.c.name == held.step,
                steps.c.token == held.token,
                step_is(StepState.RUNNING),
            )
            .values(
                losses=steps.c.losses + 1,
                token=None,
                deadline_at=None,
                queued_at=clock.now(),
                ready_at=clock.now(),
                **fate,
            )
        )
        if back.rowcount != 1:
            return False
        events.append_many(connection, [held.event("step.lost")])
        if is_over:
            events.append(connection, "step.cancelled", held.run_id, held.step)
        return True


_READY = {"state": StepState.READY}
