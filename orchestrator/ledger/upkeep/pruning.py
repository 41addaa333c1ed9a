"""Deleting what nobody keeps any more: runs that ended long ago, and definitions without runs.

A run goes with all that belongs to it and with the runs it began as children, and only when
none of them is live. Any number of processes may prune at once: each takes runs that no
other has locked, and a batch is one transaction of bounded size.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from orchestrator import clock
from orchestrator.errors import Unavailable
from orchestrator.ledger import events as log
from orchestrator.ledger.chunks import chunks
from orchestrator.ledger.engine import Ledger
from orchestrator.ledger.side_tables import deliveries, signals, waits
from orchestrator.ledger.tables import RUN_HAS_CHILDREN, definitions, events, runs, steps
from orchestrator.states import RunState

#: Of one transaction: on SQLite nobody else writes meanwhile.
BATCH_RUNS = 100
BATCH_STEPS = 5_000

#: A definition is written with its first run; one that is so young is not looked at.
_SETTLED = dt.timedelta(days=1)

_DEFINITIONS = 100


@dataclass(frozen=True, slots=True)
class Policy:
    """How many seconds after their end runs are kept; None: for ever."""

    succeeded: float | None
    failed: float | None  #: also cancelled ones


@dataclass(frozen=True, slots=True)
class Pruned:
    """How much was deleted."""

    runs: int
    definitions: int


def prune(ledger: Ledger, policy: Policy, *, by: str, most: int = 10_000) -> Pruned:
    """Delete what the policy does not keep.

    Args:
        most: about so many runs; what is left is for the next time.
    """
    deleted = 0
    for roots in _batches(ledger, policy):
        with ledger.write() as connection:
            doomed = _families(connection, _expired(policy, roots, lock=True), lock=True)
            for ids in chunks(doomed):
                _delete(connection, ids)
            if doomed:
                log.append(connection, "runs.pruned", log.NO_RUN, by=by, runs=len(doomed))
        deleted += len(doomed)
        if deleted >= most:
            break
    return Pruned(deleted, _prune_definitions(ledger))


def count(ledger: Ledger, policy: Policy) -> int:
    """Return how many runs the policy does not keep; delete nothing."""
    found = 0
    for roots in _batches(ledger, policy):
        with ledger.read() as connection:
            found += len(_families(connection, _expired(policy, roots), lock=False))
    return found


def _batches(ledger: Ledger, policy: Policy) -> Iterator[list[str]]:
    """Return expired runs that nobody began as a child, in batches of bounded size."""
    after = ""
    # Without an end the last batch would look at every run there is.
    with ledger.read() as connection:
        newest = connection.execute(_NEWEST.where(*_has_ended_by(policy))).scalar_one()
    while newest is not None:
        between = (runs.c.id > after, runs.c.id <= newest)
        query = _CANDIDATES.where(_is_expired(policy), *between).limit(BATCH_RUNS)
        with ledger.read() as connection:
            found = connection.execute(query).all()
        if not found:
            return
        batch: list[str] = []
        size = 0
        for run_id, count_of_steps in found:
            batch.append(run_id)
            size += count_of_steps
            if size >= BATCH_STEPS:
                break
        yield batch
        after = batch[-1]


def _has_ended_by(policy: Policy) -> tuple[sa.ColumnElement[bool], ...]:
    """Return what is true of all that has expired, and of some that a failure keeps longer."""
    kept = [seconds for seconds in (policy.succeeded, policy.failed) if seconds is not None]
    if not kept:
        return (sa.false(),)
    return (runs.c.ended_at < clock.now() - dt.timedelta(seconds=min(kept)),)


def _expired(policy: Policy, roots: Sequence[str], *, lock: bool = False) -> sa.Select[str]:
    """Look again: meanwhile somebody may have deleted them, or retried one."""
    query = sa.select(runs.c.id).where(runs.c.id.in_(roots), _is_expired(policy))
    return query.with_for_update(skip_locked=True) if lock else query


def _is_expired(policy: Policy) -> sa.ColumnElement[bool]:
    return sa.or_(
        _ended_before(policy.succeeded, RunState.SUCCEEDED),
        _ended_before(policy.failed, RunState.FAILED, RunState.CANCELLED),
    )


def _ended_before(seconds: float | None, *states: RunState) -> sa.ColumnElement[bool]:
    if seconds is None:
        return sa.false()
    latest = clock.now() - dt.timedelta(seconds=seconds)
    return sa.and_(runs.c.state.in_(states), runs.c.ended_at < latest)


def _families(connection: sa.Connection, roots: sa.Select[str], *, lock: bool) -> list[str]:
    """Return runs with all that stem from them, but none of a family in which one is live."""
    found = connection.execute(roots).scalars().all()
    families = (_family(connection, root, lock=lock) for root in found)
    return [run_id for family in families for run_id in family]


def _family(connection: sa.Connection, root: str, *, lock: bool) -> list[str]:
    query = _CHILDREN.with_for_update() if lock else _CHILDREN
    family = level = [root]
    while level:
        below: list[str] = []
        for parents in chunks(level):
            children = connection.execute(query, {"parents": parents}).all()
            if not all(RunState(child.state).is_final for child in children):
                return []
            below += [child.id for child in children]
        family, level = family + below, below
    return family


def _delete(connection: sa.Connection, ids: Sequence[str]) -> None:
    # The runs first: the database lets nobody delete an event whose run is there.
    connection.execute(sa.delete(runs).where(runs.c.id.in_(ids)))
    of_runs = sa.select(events.c.id).where(events.c.run_id.in_(ids))
    connection.execute(sa.delete(deliveries).where(deliveries.c.event_id.in_(of_runs)))
    for table in (events, waits, signals, steps):
        connection.execute(sa.delete(table).where(table.c.run_id.in_(ids)))


def _prune_definitions(ledger: Ledger) -> int:
    with ledger.read() as connection:
        unused = connection.execute(_UNUSED, {"settled": clock.now() - _SETTLED}).scalars().all()
    if not unused:
        return 0
    try:
        with ledger.write() as connection:
            _hold_back_submissions(connection)
            deleted = connection.execute(
                sa.delete(definitions)
                .where(definitions.c.version.in_(unused), *_NOT_USED)
                .returning(definitions.c.version)
            )
            return len(deleted.all())
    except Unavailable:
        return 0  # a producer's long transaction: the next time will do


def _hold_back_submissions(connection: sa.Connection) -> None:
    """Let no run be written until this transaction ends.

    A submission that finds its definition there does not write it: were that deleted
    before the submission commits, its run would have none. SQLite has one writer anyway.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("SET LOCAL lock_timeout = '200ms'"))
        connection.execute(sa.text(f"LOCK TABLE {runs.name} IN SHARE MODE"))


#: Of the id itself SQLite would take the greatest first, and look at runs until one has ended.
_NEWEST = sa.select(sa.func.max(runs.c.id.concat("")))
_parent = runs.alias("parent")
_CANDIDATES = (
    sa.select(
        runs.c.id,
        sa.select(sa.func.count()).where(steps.c.run_id == runs.c.id).scalar_subquery(),
    )
    .where(~sa.select(_parent.c.id).where(_parent.c.id == runs.c.parent_run).exists())
    .order_by(runs.c.id)
)
_CHILDREN = sa.select(runs.c.id, runs.c.state).where(
    runs.c.parent_run.in_(sa.bindparam("parents", expanding=True))
)
#: Apart from each other: each has an index of its own.
_NOT_USED = (
    ~sa.select(runs.c.id).where(runs.c.version == definitions.c.version).exists(),
    ~sa.select(runs.c.id)
    .where(RUN_HAS_CHILDREN, runs.c.children.contains(definitions.c.version))
    .exists(),
)
_UNUSED = (
    sa.select(definitions.c.version)
    .where(definitions.c.created_at < sa.bindparam("settled"), *_NOT_USED)
    .limit(_DEFINITIONS)
)
