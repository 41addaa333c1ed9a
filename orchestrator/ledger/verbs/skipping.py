"""Skipping a step by hand, so that its run goes on without it.

What follows such a step goes on, unlike after one whose condition was false: who skips it
has seen to what it was for. A step that needs its result is skipped in turn.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from orchestrator import clock
from orchestrator.definition import names
from orchestrator.errors import Refused, StepNotFound
from orchestrator.ledger import events
from orchestrator.ledger.definitions import Plans
from orchestrator.ledger.engine import Ledger
from orchestrator.ledger.flow import consequences, maps
from orchestrator.ledger.flow.outcome import Outcome
from orchestrator.ledger.flow.progress import Progress
from orchestrator.ledger.locked import LockedRun, lock
from orchestrator.ledger.tables import steps
from orchestrator.ledger.verbs import again, redoing
from orchestrator.ledger.verbs.redoing import Past
from orchestrator.ledger.verbs.retrying import going_on, refuse_unknown
from orchestrator.ledger.verbs.revival import hold_parent, refuse_if_forsaken, revive
from orchestrator.plan import Plan
from orchestrator.states import RunState, StepState


@dataclass(frozen=True, slots=True)
class _Asked:
    """Who skips what, and why."""

    by: str
    reason: str

    @property
    def outcome(self) -> Outcome:
        """How a step ends that is skipped by hand: the null marks it, see `earlier`."""
        return Outcome(StepState.SKIPPED, result="null", reason=self.reason)


def skip(
    ledger: Ledger,
    run_id: str,
    plans: Plans,
    named: Collection[str],
    *,
    by: str,
    reason: str,
) -> tuple[Progress, ...]:
    """Skip steps of a run, elements of its maps too.

    In a run that has failed or was cancelled, the rest of what ended it is done again.

    Returns:
        What is to be told; empty where all of them were skipped before.

    Raises:
        RunNotFound: no run has this id.
        StepNotFound: the run has no such step.
        Refused: a step has another end, or runs.
    """
    asked = _Asked(by, reason)
    with ledger.write() as connection:
        gone = hold_parent(connection, run_id)
        run = lock(connection, run_id, exclusive=True)
        past = again.look(connection, run_id)
        for name in named:
            refuse_unknown(past, run_id, name)
        states = _states(connection, run_id, named)
        left = [name for name in sorted(named) if states[name] is not StepState.SKIPPED]
        if not left:
            return ()
        plan = plans(run.version)
        if not run.state.is_final:
            return tuple(_skip_open(connection, run, plan, n, states[n], asked) for n in left)
        refuse_if_forsaken(run, gone)
        _refuse_well(run, left, states, past)
        run = revive(connection, run, plans.workflow(run.version))
        return _go_on(connection, run, plan, past, left, asked)


def _states(connection: sa.Connection, run_id: str, named: Collection[str]) -> dict[str, StepState]:
    found = connection.execute(
        sa.select(steps.c.name, steps.c.state).where(
            steps.c.run_id == run_id, steps.c.name.in_(named)
        )
    )
    states = {row.name: StepState(row.state) for row in found}
    for name in named:
        if name not in states:
            raise StepNotFound(f"step {names.base(name)!r} of run {run_id} has no {name!r}")
    return states


def _skip_open(
    connection: sa.Connection,
    run: LockedRun,
    plan: Plan,
    name: str,
    state: StepState,
    asked: _Asked,
) -> Progress:
    if state is StepState.RUNNING:
        raise Refused(
            f"step {name!r} is running: wait for its end, or cancel the run with `--stop`"
        )
    if state.is_final:
        raise Refused(f"step {name!r} has {state}: only what has not ended can be skipped")
    is_element = names.index(name) is not None and names.undone(name) is None
    if is_element and state is StepState.PENDING:
        raise Refused(f"element {name!r} waits for its turn: skip it when it has come, or the map")
    is_map = name in plan.steps and plan.steps[name].step.map is not None
    if is_map:
        maps.cancel_rest(connection, run.id, name, reason="its map is skipped")
    told = consequences.conclude(connection, run, plan, name, asked.outcome, by=asked.by)
    # Child runs that it waited for, or its elements did, are nobody's now.
    has_children = is_map or plan[name].step.kind == "child"
    return replace(told, settle=told.settle or has_children)


def _refuse_well(
    run: LockedRun,
    named: Collection[str],
    states: Mapping[str, StepState],
    past: Mapping[str, Past],
) -> None:
    if run.state is RunState.SUCCEEDED:
        raise Refused(f"run {run.id} has succeeded: no step of it holds anything up")
    for name in named:
        is_undone = name in past and past[name].is_undone
        if states[name] is StepState.SUCCEEDED and not is_undone:
            raise Refused(f"step {name!r} has succeeded: it does not hold the run up")
        if names.undone(name) is not None:
            raise Refused(f"{name!r} undoes a step, and the run has ended: it holds nothing up")


def _go_on(
    connection: sa.Connection,
    run: LockedRun,
    plan: Plan,
    past: Mapping[str, Past],
    named: Collection[str],
    asked: _Asked,
) -> tuple[Progress, ...]:
    """Write steps of a run that had ended as skipped, and let the rest be done."""
    skipped = {name: Past(StepState.SKIPPED, by_hand=True) for name in named if name in past}
    now = {**past, **skipped}
    rest = redoing.of_ended(plan, now, (), onwards=False)
    for name in named:
        if name not in past:
            _refuse_idle_element(run, plan, rest, name)
    connection.execute(
        sa.update(steps)
        .where(steps.c.run_id == run.id, steps.c.name.in_(named))
        .values(
            state=StepState.SKIPPED,
            result=asked.outcome.result,
            reason=asked.reason,
            error=None,
            undone_at=None,
            ended_at=clock.now(),
        )
    )
    said: dict[str, Any] = {"by": asked.by, "reason": asked.reason}
    events.append_many(
        connection, [events.event("step.skipped", run.id, name, **said) for name in named]
    )
    change: dict[str, Any] = {"state": run.state, "steps": sorted(rest), **said}
    events.append(connection, "run.retried", run.id, **change)
    more = again.do_again(connection, run, plan, now, rest, **said)
    return (*more, going_on(run))


def _refuse_idle_element(run: LockedRun, plan: Plan, rest: Collection[str], element: str) -> None:
    name = names.base(element)
    if name not in rest:
        raise Refused(
            f"the failure of step {name!r} is tolerated, so its element {element!r} holds "
            f"nothing up: `orchestrator runs retry {run.id} --step {element}` does it again"
        )
    earlier = sorted(redoing.ancestors(plan, name) & set(rest))
    if earlier:
        raise Refused(
            f"step {earlier[0]!r} is done again, and map {name!r} after it, whose list and "
            f"element {element!r} may be others then: skip the map, or retry the run"
        )
