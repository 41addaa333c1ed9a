"""Writing down that steps of a run are done again, and what is left with them."""

from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa

from orchestrator.definition import names
from orchestrator.ledger.flow.earlier import SKIPPED_BY_HAND
from orchestrator.ledger.flow.progress import Progress
from orchestrator.ledger.locked import LockedRun
from orchestrator.ledger.tables import steps
from orchestrator.ledger.verbs import redoing, reopening
from orchestrator.ledger.verbs.rebuilding import rebuild
from orchestrator.ledger.verbs.redoing import Past
from orchestrator.ledger.verbs.reopening import Elements
from orchestrator.ledger.verbs.resetting import reset
from orchestrator.plan import Plan
from orchestrator.states import StepState


def look(connection: sa.Connection, run_id: str) -> dict[str, Past]:
    """Return how each defined step of a run stands; none is claimed until the transaction ends."""
    rows = connection.execute(_ROWS, {"run": run_id}).all()
    undone = {names.base(row.name) for row in rows if row.undone_at is not None}
    stands = {names.base(row.name) for row in rows if row.stands}
    return {
        row.name: Past(
            StepState(row.state),
            # A map that is skipped by hand leaves its elements as they are.
            is_undone=row.name in undone and not row.by_hand,
            stands=row.name in stands,
            by_hand=row.by_hand,
        )
        for row in rows
        if row.parent is None
    }


_ROWS = (
    sa.select(
        steps.c.name,
        steps.c.state,
        steps.c.parent,
        steps.c.undone_at,
        sa.and_(
            steps.c.undoable, steps.c.state == StepState.SUCCEEDED, steps.c.undone_at.is_(None)
        ).label("stands"),
        SKIPPED_BY_HAND.label("by_hand"),
    )
    .where(steps.c.run_id == sa.bindparam("run"), steps.c.kind != "undo")
    .order_by(steps.c.name)
    .with_for_update()
)


def do_again(
    connection: sa.Connection,
    run: LockedRun,
    plan: Plan,
    past: Mapping[str, Past],
    again: Collection[str],
    *,
    wanted: Collection[str] = (),
    **said: Any,
) -> tuple[Progress, ...]:
    """Reset steps, and whatever has not begun and follows them.

    Args:
        run: live, and held exclusively.
        past: how the steps stand.
        again: those that are done again.
        wanted: elements of maps that are done again though they ended well.
        said: for the events, such as `by`.

    Returns:
        What follows at once, from maps that had nothing left to do.
    """
    kept = {n: p.state for n, p in past.items() if p.state.is_final and n not in again}
    affected = set(again) | redoing.descendants(plan, again)
    left = {n: how for n, how in rebuild(plan, kept).items() if n in affected}
    mended = _mended(connection, run.id, plan, past, again, wanted)
    fresh = {name: how for name, how in left.items() if name not in mended}
    for name in sorted(n for n in fresh if plan.steps[n].step.map is not None):
        reopening.begin_anew(connection, run.id, name)
    reset(connection, run, plan, fresh, anew=_anew(plan, past, again), **said)
    ended = [
        reopening.reopen(connection, run, plan, name, elements, **said)
        for name, elements in mended.items()
    ]
    return tuple(told for told in ended if told is not None)


def _mended(
    connection: sa.Connection,
    run_id: str,
    plan: Plan,
    past: Mapping[str, Past],
    again: Collection[str],
    wanted: Collection[str],
) -> dict[str, Elements]:
    """Return the maps that go on with the elements they have, and those."""
    found: dict[str, Elements] = {}
    for name in sorted(again):
        if plan.steps[name].step.map is None or redoing.ancestors(plan, name) & set(again):
            continue
        own = [element for element in wanted if names.base(element) == name]
        elements = reopening.look(connection, run_id, name, own)
        is_well = past[name].state is StepState.SUCCEEDED and not elements.again
        if elements.names and not is_well:
            found[name] = elements
    return found


def _anew(plan: Plan, past: Mapping[str, Past], again: Collection[str]) -> list[str]:
    """Return the steps whose effect stands though they are done again; a map has none itself."""
    return [
        name
        for name in again
        if past[name].state is StepState.SUCCEEDED
        and not past[name].is_undone
        and plan.steps[name].step.map is None
    ]
