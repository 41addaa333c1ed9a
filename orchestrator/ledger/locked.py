"""The row of a run, held until the transaction ends: before the row of any of its steps."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from orchestrator.definition import names
from orchestrator.errors import RunNotFound
from orchestrator.ledger.tables import runs, steps
from orchestrator.states import RunState, StepState


@dataclass(frozen=True, slots=True)
class LockedRun:
    """What a transaction needs of the run that it changes steps of.

    Attributes:
        fair_key: with whom its steps take turns at the pools; None: with nobody.
        as_planned: its steps go as soon as they can, and each that has not begun stands as the
            plan says: nobody needs to look at the joins that chords count.
        exclusive: nobody else changes a step of the run meanwhile, and it may be ended.
    """

    id: str
    version: str
    state: RunState
    ending: RunState | None
    priority: int
    is_gated: bool
    fair_key: str | None
    session: str | None
    compensates: bool
    parent: tuple[str, str] | None
    as_planned: bool
    exclusive: bool

    @property
    def is_live(self) -> bool:
        """Say whether its steps may start."""
        return self.state in (RunState.PENDING, RunState.RUNNING) and self.ending is None

    @property
    def may_go_on(self) -> bool:
        """Say whether what its steps wait for may still reach them; also while it is paused."""
        return not self.state.is_final and self.ending is None

    def may_try_again(self, step: str) -> bool:
        """Say whether a step that has not ended well may have another attempt.

        While the run comes to its end that is for an undoing alone, and not for that if what
        was done is to stand.
        """
        is_undoing = names.undone(step) is not None
        return self.ending is None or (is_undoing and self.compensates)

    @property
    def gate(self) -> str | None:
        """The session that says which of its steps go on, if one does."""
        return self.session if self.is_gated else None

    @property
    def is_ordered(self) -> bool:
        """Say whether somebody else says which of its steps goes next: a session, or a line."""
        return self.is_gated or self.fair_key is not None

    @property
    def free_state(self) -> StepState:
        """What a step becomes that nothing but a worker is missing to."""
        held = self.state is RunState.PAUSED or self.is_ordered
        return StepState.READY if held else StepState.QUEUED


_COLUMNS = (
    runs.c.id,
    runs.c.version,
    runs.c.state,
    runs.c.ending,
    runs.c.priority,
    runs.c.gated,
    runs.c.fair_key,
    runs.c.session_id,
    runs.c.compensates,
    runs.c.parent_run,
    runs.c.parent_step,
    runs.c.as_planned,
)
_IS_RUN = runs.c.id == sa.bindparam("run")
_RUN = sa.select(*_COLUMNS).where(_IS_RUN)
_SHARED = _RUN.with_for_update(read=True)
_EXCLUSIVE = _RUN.with_for_update()


def lock(connection: sa.Connection, run_id: str, *, exclusive: bool) -> LockedRun:
    """Return the run, held until the transaction ends.

    Raises:
        RunNotFound: no run has this id.
    """
    row = connection.execute(_EXCLUSIVE if exclusive else _SHARED, {"run": run_id}).one_or_none()
    if row is None:
        raise RunNotFound.of(run_id)
    return _locked(row, exclusive=exclusive)


def no_longer_as_planned(connection: sa.Connection, run_id: str) -> None:
    """Note that steps of a run, which is held exclusively, do not stand as its plan says."""
    connection.execute(sa.update(runs).where(runs.c.id == run_id).values(as_planned=False))


class LockingUpdate:
    """An update of one step that holds its run, too: one statement, which would else be two.

    Args:
        update: of the step that its parameters say; `run` is the id of the run.
    """

    def __init__(self, update: sa.Update) -> None:
        self._shared = _after(_SHARED, update)
        self._exclusive = _after(_EXCLUSIVE, update)
        # Who writes to SQLite holds all of it.
        of_run = (sa.select(each).where(_IS_RUN).scalar_subquery() for each in _COLUMNS)
        named = zip(_COLUMNS, of_run, strict=True)
        self._on_sqlite = update.returning(*(value.label(each.name) for each, value in named))

    def execute(
        self, connection: sa.Connection, asked: Mapping[str, Any], *, exclusive: bool
    ) -> LockedRun | None:
        """Return the run, held until the transaction ends; None: no step was to be updated."""
        if connection.dialect.name == "sqlite":
            statement: sa.Executable = self._on_sqlite
        else:
            statement = self._exclusive if exclusive else self._shared
        row = connection.execute(statement, asked).one_or_none()
        return None if row is None else _locked(row, exclusive=exclusive)


def _after(locking: sa.Select[Any], update: sa.Update) -> sa.Select[Any]:
    """Select a run, and update a step of it once that is locked: the update is joined to it."""
    run = locking.cte("run")
    updated = update.where(steps.c.run_id == run.c.id).returning(steps.c.name).cte("updated")
    return sa.select(run).join(updated, sa.true())


def _locked(row: Any, *, exclusive: bool) -> LockedRun:
    return LockedRun(
        id=row.id,
        version=row.version,
        state=RunState(row.state),
        ending=RunState(row.ending) if row.ending else None,
        priority=row.priority,
        is_gated=row.gated,
        fair_key=None if row.gated else row.fair_key,  # a session orders its steps itself
        session=row.session_id,
        compensates=row.compensates,
        parent=(row.parent_run, row.parent_step) if row.parent_run else None,
        as_planned=row.as_planned,
        exclusive=exclusive,
    )
