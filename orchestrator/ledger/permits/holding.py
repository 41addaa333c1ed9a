"""Who may hold permits, as the ledger knows it: the attempts that run."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from orchestrator.ledger.engine import Ledger
from orchestrator.ledger.ledger_time import LedgerTime
from orchestrator.ledger.tables import STEP_IS_LIVE, runs, steps, workers
from orchestrator.ledger.verbs import dooming
from orchestrator.states import StepState


@dataclass(frozen=True, slots=True)
class Holding:
    """An attempt that runs, and may hold permits.

    Attributes:
        token: of the permits it claimed its step with; None: it needed none.
        is_alive: its worker's lease holds.
    """

    run_id: str
    step: str
    attempt: int
    version: str
    token: int | None
    worker: str
    is_alive: bool
    since: dt.datetime


def running(ledger: Ledger) -> Iterator[Holding]:
    """Yield every attempt that holds permits."""
    with ledger.read() as connection:
        rows = connection.execute(_RUNNING.where(steps.c.permit.is_not(None))).all()
    yield from map(_holding, rows)


def of_step(ledger: Ledger, run_id: str, step: str) -> Holding | None:
    """Return the attempt of a step that runs, if one does."""
    query = _RUNNING.where(steps.c.run_id == run_id, steps.c.name == step)
    with ledger.read() as connection:
        row = connection.execute(query).one_or_none()
    return None if row is None else _holding(row)


def stop(ledger: Ledger, held: Holding) -> None:
    """Have the worker ended that holds permits for too long; its attempt is lost with it."""
    with ledger.write() as connection:
        dooming.doom(connection, [held.worker])
        connection.execute(
            sa.update(workers)
            .where(workers.c.id == held.worker)
            .values(lease_until=LedgerTime(-1.0))
        )


def _holding(row: Any) -> Holding:
    return Holding(
        run_id=row.run_id,
        step=row.name,
        attempt=row.attempts,
        version=row.version,
        token=row.permit,
        worker=row.worker,
        is_alive=bool(row.is_alive),
        since=row.started_at,
    )


_RUNNING = (
    sa.select(
        steps.c.run_id,
        steps.c.name,
        steps.c.attempts,
        steps.c.permit,
        steps.c.worker,
        steps.c.started_at,
        runs.c.version,
        sa.func.coalesce(workers.c.lease_until > LedgerTime(), sa.false()).label("is_alive"),
    )
    .select_from(
        steps.join(runs, runs.c.id == steps.c.run_id).outerjoin(
            workers, workers.c.id == steps.c.worker
        )
    )
    .where(STEP_IS_LIVE, steps.c.state == StepState.RUNNING)
)
