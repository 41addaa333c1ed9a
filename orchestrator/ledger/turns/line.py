"""The line before a pool, in which customers take turns.

A step of a run that is fair by a key is `ready` when nothing but its turn is missing, and
stands in the line of its pool and priority. A few of the line are with the broker, so that
no process is idle; whenever one of those is done, the next are chosen: of each key the
oldest step, of the keys the one that had the fewest turns for its weight (start-time fair
queueing). One that comes anew begins where the line is. When nobody waits, all begin anew.

The line's own row, with the key '', is locked after a run's; nobody who has it waits for
anything.
"""

from collections.abc import Collection, Iterable
from typing import Any

import sqlalchemy as sa

from orchestrator import clock
from orchestrator.ledger import workers
from orchestrator.ledger.engine import Ledger
from orchestrator.ledger.flow.progress import Turn
from orchestrator.ledger.outbox import DISPATCH_COLUMNS, LIVE_RUN, Dispatch, dispatches
from orchestrator.ledger.side_tables import turns, weights
from orchestrator.ledger.tables import STEP_IS_IN_LINE, STEP_IS_SENT_IN_TURN, steps
from orchestrator.ledger.upserts import insert_into
from orchestrator.ledger.verbs import pausing
from orchestrator.states import StepState

#: So many steps of a line wait with the broker for each process of the pool.
_EACH = 2

#: A pool that nobody works in yet, or whose workers have not entered, is taken for one of these.
_FEWEST = 2


def move(ledger: Ledger, lines: Iterable[Turn]) -> list[Dispatch]:
    """Let steps of these lines go that have their turn now; return them, to be published.

    Args:
        lines: also says who may have come to stand in them.

    Raises:
        Unavailable: the ledger does not answer; maintenance moves them.
    """
    keys: dict[tuple[str, int], set[str]] = {}
    for turn in lines:
        keys.setdefault((turn.queue, turn.priority), set()).add(turn.fair_key)
    if not keys:
        return []
    windows: dict[tuple[str, int], int] = {}
    with ledger.read() as connection:
        processes = workers.alive_in(connection)
        for place, coming in keys.items():
            window = _EACH * max(processes.get(place[0], 0), _FEWEST)
            seen = _Line(connection, *place)
            # Half a window at a time: one transaction for several steps.
            if seen.room(window) * 2 >= window or not seen.knows(coming):
                windows[place] = window
    gone: list[Dispatch] = []
    for place, window in sorted(windows.items()):
        with ledger.write() as connection:
            gone += _Line(connection, *place).let_go(window, sorted(keys[place]))
    return gone


def standing(ledger: Ledger, run_id: str) -> list[Turn]:
    """Return where the steps of a run stand in line."""
    query = (
        sa.select(steps.c.queue, steps.c.priority, steps.c.fair_key)
        .where(steps.c.run_id == run_id, STEP_IS_IN_LINE)
        .distinct()
    )
    with ledger.read() as connection:
        return [Turn(*row) for row in connection.execute(query)]


def all_standing(ledger: Ledger) -> list[Turn]:
    """Return everybody who stands in a line; it takes as long as there are keys, not steps."""
    place = sa.tuple_(steps.c.queue, steps.c.priority)
    first = (
        sa.select(steps.c.queue, steps.c.priority)
        .where(STEP_IS_IN_LINE)
        .order_by(steps.c.queue, steps.c.priority)
        .limit(1)
    )
    found: list[Turn] = []
    with ledger.read() as connection:
        row = connection.execute(first).one_or_none()
        while row is not None:
            keys = connection.execute(_KEYS, {"pool": row.queue, "level": row.priority}).scalars()
            found += [Turn(row.queue, row.priority, key) for key in keys]
            row = connection.execute(first.where(place > tuple(row))).one_or_none()
    return found


def _keys_of_a_line() -> sa.Select[str]:
    """Select the keys that stand in a line, each found from the one before it."""
    least = sa.select(sa.func.min(steps.c.fair_key).label("fair_key")).where(
        STEP_IS_IN_LINE,
        steps.c.queue == sa.bindparam("pool"),
        steps.c.priority == sa.bindparam("level"),
    )
    keys = least.cte("keys", recursive=True)
    following = least.where(steps.c.fair_key > keys.c.fair_key).scalar_subquery()
    keys = keys.union_all(sa.select(following).where(keys.c.fair_key.is_not(None)))
    return sa.select(keys.c.fair_key).where(keys.c.fair_key.is_not(None))


_KEYS = _keys_of_a_line()


class _Line:
    """One line."""

    def __init__(self, connection: sa.Connection, queue: str, priority: int) -> None:
        self._connection = connection
        self._queue = queue
        self._priority = priority
        self._here = (turns.c.queue == queue, turns.c.priority == priority)

    def room(self, window: int) -> int:
        """Return how many more of its steps may be with the broker."""
        sent = sa.select(sa.literal(1)).where(
            STEP_IS_SENT_IN_TURN, steps.c.queue == self._queue, steps.c.priority == self._priority
        )
        some = sa.select(sa.func.count()).select_from(sent.limit(window).subquery())
        return window - int(self._connection.execute(some).scalar_one())

    def knows(self, keys: Collection[str]) -> bool:
        """Say whether all of these stand in it."""
        found = sa.select(turns.c.fair_key).where(*self._here, turns.c.fair_key.in_(keys))
        return len(self._connection.execute(found).all()) == len(keys)

    def let_go(self, window: int, coming: Collection[str]) -> list[Dispatch]:
        """Fill the window with those whose turn it is; the line is held until the end."""
        self._insert_missing([("", 0.0)])
        own = sa.select(turns.c.turn).where(*self._here, turns.c.fair_key == "").with_for_update()
        reached: float = self._connection.execute(own).scalar_one()
        if pausing.is_paused(self._connection, "pool", self._queue):
            return []
        self._insert_missing([(key, reached) for key in coming])
        gone: list[Any] = []
        passed: list[str] = [""]
        left = self.room(window)
        while len(gone) < left and (first := self._first(passed)) is not None:
            step = self._send_of(first.fair_key)
            if step is None:  # its run is held back, or somebody changes the step just now
                passed.append(first.fair_key)
                continue
            reached = first.turn
            self._set(first.fair_key, first.turn + 1 / (first.weight or 1.0))
            gone.append(step)
        self._set("", reached)
        nobody_waits = len(gone) < left and passed == [""]
        self._forget(None if nobody_waits else reached)
        return dispatches(self._connection, gone) if gone else []

    def _first(self, passed: Collection[str]) -> Any | None:
        waits = sa.exists().where(
            STEP_IS_IN_LINE,
            steps.c.queue == self._queue,
            steps.c.priority == self._priority,
            steps.c.fair_key == turns.c.fair_key,
        )
        query = (
            sa.select(turns.c.fair_key, turns.c.turn, weights.c.weight)
            .outerjoin(weights, weights.c.fair_key == turns.c.fair_key)
            .where(*self._here, turns.c.fair_key.not_in(passed), waits)
            .order_by(turns.c.turn, turns.c.fair_key)
            .limit(1)
        )
        return self._connection.execute(query).one_or_none()

    def _send_of(self, key: str) -> Any | None:
        now = clock.now()
        oldest = (
            sa.select(steps.c.run_id, steps.c.name)
            .where(
                LIVE_RUN,
                STEP_IS_IN_LINE,
                steps.c.queue == self._queue,
                steps.c.priority == self._priority,
                steps.c.fair_key == key,
            )
            .order_by(steps.c.ready_at, steps.c.run_id, steps.c.position)
            .limit(1)
            .with_for_update(skip_locked=True, of=steps)
            .correlate(None)  # or its steps would be the one that is changed
        )
        send = (
            sa.update(steps)
            .where(sa.tuple_(steps.c.run_id, steps.c.name).in_(oldest))
            .values(state=StepState.QUEUED, queued_at=now)
            .returning(*DISPATCH_COLUMNS)
        )
        return self._connection.execute(send).one_or_none()

    def _insert_missing(self, keys: Collection[tuple[str, float]]) -> None:
        rows = [
            {"queue": self._queue, "priority": self._priority, "fair_key": key, "turn": turn}
            for key, turn in keys
        ]
        if rows:
            missing = insert_into(self._connection, turns).on_conflict_do_nothing()
            self._connection.execute(missing, rows)

    def _set(self, key: str, turn: float) -> None:
        self._connection.execute(
            sa.update(turns).where(*self._here, turns.c.fair_key == key).values(turn=turn)
        )

    def _forget(self, passed: float | None) -> None:
        """Forget those that the line has passed, who have nothing in it; None: all of them."""
        gone = sa.delete(turns).where(*self._here, turns.c.fair_key != "")
        self._connection.execute(gone if passed is None else gone.where(turns.c.turn < passed))
