"""The end of a step that nothing waits for, and of its run if nothing of that is open then.

As in `at_once` it is one statement of PostgreSQL, and all or nothing.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from orchestrator import clock
from orchestrator.ledger import events
from orchestrator.ledger.engine import Ledger, committing
from orchestrator.ledger.flow.claim import Held
from orchestrator.ledger.flow.finishing import IS_HELD, event_of, said_of, written
from orchestrator.ledger.flow.outcome import Outcome
from orchestrator.ledger.flow.progress import Progress
from orchestrator.ledger.flow.ways.postgresql import event_of_end
from orchestrator.ledger.flow.ways.values import ENDED_WELL
from orchestrator.ledger.tables import STEP_IS_OPEN, runs, steps
from orchestrator.states import RunState

_SUCCEEDED = f"run.{RunState.SUCCEEDED}"


def end(ledger: Ledger, held: Held, outcome: Outcome) -> Progress | None:
    """Write how a step ended, and that its run has succeeded if it was the last of it.

    Args:
        outcome: it is done, or was not to be done.

    Returns:
        What is to be told; None: nothing was written, and nothing is known of why.

    Raises:
        Unavailable: the ledger does not answer; nothing is written.
        InDoubt: it went away, and all of it may be written.
    """
    asked = written(held, outcome) | {"its_version": held.version, "now": clock.now()}
    write = _write_to_sqlite if ledger.is_sqlite else _write_to_postgresql
    row = write(ledger, asked, event_of(held, outcome))
    if row is None:
        return None
    told = Progress(held.run_id, held.version, held.step)
    if row.goes_on:
        return told
    parent = (row.parent_run, row.parent_step) if row.parent_run else None
    return replace(told, run_state=RunState.SUCCEEDED, parent=parent)


def _write_to_postgresql(
    ledger: Ledger, asked: Mapping[str, Any], said: Mapping[str, Any]
) -> Any | None:
    with ledger.at_once() as connection, committing():
        return connection.execute(ON_POSTGRESQL, {**asked, **said_of(said)}).one_or_none()


def _write_to_sqlite(ledger: Ledger, asked: Mapping[str, Any], said: dict[str, Any]) -> Any | None:
    log = [said]
    with ledger.write() as connection:
        row = connection.execute(_END_ON_SQLITE, asked).one_or_none()
        if row is None:
            return None
        if not row.goes_on:
            connection.execute(_END_RUN, asked)
            log.append(events.event(_SUCCEEDED, said["run_id"]))
        events.append_many(connection, log)
    return row


# The statements of every step are made once: to build one takes longer than to run it.

_STANDS = sa.and_(
    runs.c.id == sa.bindparam("run"),
    sa.or_(runs.c.state == RunState.PENDING, runs.c.state == RunState.RUNNING),
    runs.c.ending.is_(None),
    runs.c.as_planned,
)
_OF_RUN = (runs.c.version, runs.c.parent_run, runs.c.parent_step)
_OTHERS = sa.select(steps.c.run_id).where(
    steps.c.run_id == sa.bindparam("run"),
    steps.c.name != sa.bindparam("step"),
    STEP_IS_OPEN,
)
_END = (
    sa.update(steps)
    .where(steps.c.run_id == sa.bindparam("run"), steps.c.name == sa.bindparam("step"))
    .values(ENDED_WELL)
)
_END_RUN = (
    sa.update(runs)
    .where(runs.c.id == sa.bindparam("run"))
    .values(
        state=RunState.SUCCEEDED,
        ended_at=sa.bindparam("now", type_=runs.c.ended_at.type),
    )
)

_END_ON_SQLITE = _END.where(
    IS_HELD, sa.exists().where(_STANDS, runs.c.version == sa.bindparam("its_version"))
).returning(
    _OTHERS.exists().label("goes_on"),
    *(
        sa.select(column)
        .where(runs.c.id == sa.bindparam("run"))
        .scalar_subquery()
        .label(column.name)
        for column in _OF_RUN
    ),
)


def _on_postgresql() -> sa.Executable:
    """Return the statement, in which each part reads the one before, as `ways.postgresql` does.

    It sees the ledger as it was when it began, and may have waited for the run since: for others
    that ended steps, or set some back. So where it finds the run to go on, the step that is still
    open is looked at as it is now; and it finds nothing open only if nothing was then, for
    whoever opens a step again leaves the run no longer as planned, which is as it is now, too.
    Where neither can be said, nothing is written.
    """
    run = sa.select(runs.c.id, *_OF_RUN).where(_STANDS).with_for_update().cte("run")
    done = (
        sa.select(steps.c.run_id)
        .where(steps.c.run_id == run.c.id, run.c.version == sa.bindparam("its_version"), IS_HELD)
        .with_for_update(of=steps, key_share=True)
        .cte("done")
    )
    other = (
        _OTHERS.where(steps.c.run_id == done.c.run_id)
        .limit(1)
        .with_for_update(of=steps, read=True, skip_locked=True)  # who waits might be waited for
        .cte("other")
    )
    known = sa.select(done.c.run_id, sa.select(other.c.run_id).exists().label("goes_on")).cte(
        "known"
    )
    ended = (
        _END.where(steps.c.run_id == known.c.run_id, sa.or_(known.c.goes_on, ~_OTHERS.exists()))
        .returning(steps.c.run_id, steps.c.attempts, known.c.goes_on)
        .cte("ended")
    )
    over = (
        _END_RUN.where(runs.c.id == ended.c.run_id, ~ended.c.goes_on)
        .returning(runs.c.id)
        .cte("over")
    )
    end_of_run = events.event_of_each(over, run_id=over.c.id, name=sa.literal(_SUCCEEDED), at="now")
    return (
        sa.select(ended.c.goes_on, run.c.parent_run, run.c.parent_step)
        .join_from(ended, run, sa.true())
        .add_cte(events.appending(event_of_end(ended), end_of_run))
    )


ON_POSTGRESQL = _on_postgresql()
