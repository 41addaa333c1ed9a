"""What is left of a run that did not succeed: what was undone, and what stands and why."""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from orchestrator.definition import names
from orchestrator.errors import StepTimedOut, WorkersLost
from orchestrator.ledger.flow.undoings import standing
from orchestrator.ledger.locked import LockedRun
from orchestrator.ledger.tables import events, steps
from orchestrator.plan import Plan
from orchestrator.states import StepState

#: A sentence names so many steps and counts the others.
_NAMED = 10

#: After these a step may have had its effect or not: it could not say.
_IN_DOUBT = {
    StepTimedOut.__name__: "in doubt: it timed out",
    WorkersLost.__name__: "in doubt: its worker was lost",
}


@dataclass(frozen=True, slots=True)
class Aftermath:
    """What was undone, in that order, and what stands, each with its reason in brackets."""

    undone: tuple[str, ...]
    stands: tuple[str, ...]

    @property
    def detail(self) -> dict[str, Any]:
        """What the run's last event says of it; nothing, where there is nothing."""
        said = {"undone": list(self.undone), "stands": list(self.stands)}
        return {word: found for word, found in said.items() if found}

    def after(self, error: str | None) -> str | None:
        """Return the sentence of why a run did not succeed, with what is left."""
        parts = [error] if error else []
        parts += [f"{word}: {_listed(found)}" for word, found in self.detail.items()]
        return "; ".join(parts) or None


def aftermath(connection: sa.Connection, run: LockedRun, plan: Plan) -> Aftermath:
    """Return what is left of a run that is about to end without success."""
    kept = standing(connection, run.id, plan)
    undoings = {row.name: row for row in connection.execute(_UNDOINGS, {"run": run.id})}
    stopped = set(connection.execute(_STOPPED, {"run": run.id}).scalars())
    rows = connection.execute(_CONCERNED, {"run": run.id, "names": _irrevocable(plan)}).all()
    undone = {names.undoing(row.name): row.name for row in rows if row.undone_at}
    stands = []
    for row in rows:
        undoing = names.undoing(row.name)
        why = _doubt_of(row, stopped) or _reason_of(row, kept, undoings.get(undoing))
        if why is not None and undoing not in undone:
            stands.append(f"{row.name} ({why})")
    return Aftermath(tuple(undone[name] for name in undoings if name in undone), tuple(stands))


def _irrevocable(plan: Plan) -> list[str]:
    return [name for name, planned in plan.steps.items() if planned.step.irrevocable]


_UNDOINGS = (
    sa.select(steps.c.name, steps.c.state, steps.c.error, steps.c.reason)
    .where(steps.c.run_id == sa.bindparam("run"), steps.c.kind == "undo")
    .order_by(steps.c.position)
)
#: Cancelled with their attempt: a worker had them.
_STOPPED = sa.select(events.c.step).where(
    events.c.run_id == sa.bindparam("run"),
    events.c.name == "step.cancelled",
    events.c.attempt.is_not(None),
)
_CONCERNED = (
    sa.select(
        steps.c.name,
        steps.c.state,
        steps.c.losses,
        steps.c.error,
        steps.c.undoable,
        steps.c.undone_at,
    )
    .where(
        steps.c.run_id == sa.bindparam("run"),
        steps.c.kind != "map",  # what it did, its elements did
        sa.or_(
            steps.c.undoable,
            steps.c.name.in_(sa.bindparam("names", expanding=True)),
            steps.c.parent.in_(sa.bindparam("names", expanding=True)),
        ),
    )
    .order_by(steps.c.position, steps.c.parent.is_not(None), steps.c.element)
)


def _doubt_of(row: Any, stopped: Collection[str]) -> str | None:
    """Say why nobody knows whether a step that did not succeed had its effect."""
    if row.state == StepState.FAILED and row.error:
        return _IN_DOUBT.get(json.loads(row.error)["type"])
    if row.state == StepState.CANCELLED and row.name in stopped:
        return "in doubt: it was stopped while it ran"
    if row.state == StepState.CANCELLED and row.losses:
        return _IN_DOUBT[WorkersLost.__name__]
    return None


def _reason_of(row: Any, kept: Mapping[str, str], undoing: Any | None) -> str | None:
    """Say why a step that was done is not undone."""
    if row.state != StepState.SUCCEEDED:
        return None
    if not row.undoable:
        return "irrevocable"
    if (last := kept.get(names.base(row.name))) is not None:
        return f"led to {last}, which is irrevocable"
    if undoing is None:
        return "was not to be undone"
    if undoing.error:
        error = json.loads(undoing.error)
        return f"undoing failed: {error['type']}: {error['message']}"
    return f"undoing {undoing.state}: {undoing.reason}"


def _listed(found: Iterable[str]) -> str:
    named = list(found)
    more = len(named) - _NAMED
    tail = [f"and {more:,} more"] if more > 0 else []
    return ", ".join(named[:_NAMED] + tail)
