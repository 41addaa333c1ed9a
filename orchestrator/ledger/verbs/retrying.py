"""Retrying a run: what failed, was cancelled or was undone is done again, and what follows."""

from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa

from orchestrator.definition import names
from orchestrator.errors import Refused, StepNotFound
from orchestrator.ledger import events
from orchestrator.ledger.definitions import Plans
from orchestrator.ledger.engine import Ledger
from orchestrator.ledger.flow.progress import Progress
from orchestrator.ledger.locked import LockedRun, lock
from orchestrator.ledger.tables import steps
from orchestrator.ledger.verbs import again, redoing
from orchestrator.ledger.verbs.redoing import Past
from orchestrator.ledger.verbs.revival import hold_parent, refuse_if_forsaken, revive
from orchestrator.plan import Plan
from orchestrator.states import RunState
from orchestrator.suggestion import did_you_mean


def retry(
    ledger: Ledger,
    run_id: str,
    plans: Plans,
    *,
    by: str,
    reason: str,
    named: Collection[str] = (),
    onwards: bool = False,
) -> tuple[Progress, ...]:
    """Do steps of a run again.

    Args:
        named: these, besides what was cancelled or undone; elements of maps too. Without any:
            those that failed the run.
        onwards: also all that follows them.

    Returns:
        What is to be told; empty where there is nothing to do again.

    Raises:
        RunNotFound: no run has this id.
        StepNotFound: the run has no such step.
        Refused: it cannot be done as things are.
    """
    with ledger.write() as connection:
        gone = hold_parent(connection, run_id)
        run = lock(connection, run_id, exclusive=True)
        past = again.look(connection, run_id)
        _refuse_unfit(connection, run_id, past, named)
        plan = plans(run.version)
        chosen = _chosen(run, plan, past, {names.base(name) for name in named}, onwards=onwards)
        if not chosen:
            return ()
        if run.state.is_final:
            refuse_if_forsaken(run, gone)
            run = revive(connection, run, plans.workflow(run.version))
        said: dict[str, Any] = {"by": by, "reason": reason}
        change: dict[str, Any] = {"state": run.state, "steps": sorted(named or chosen), **said}
        events.append(connection, "run.retried", run_id, **change)
        wanted = [name for name in named if names.index(name) is not None]
        more = again.do_again(connection, run, plan, past, chosen, wanted=wanted, **said)
        return (*more, going_on(run))


def going_on(run: LockedRun) -> Progress:
    """Return what is to be told of a run whose steps are ready, or that may have ended."""
    return Progress(run.id, run.version, begun=(run.id,), settle=True, session=run.gate)


def refuse_unknown(past: Mapping[str, Past], run_id: str, name: str) -> None:
    """Refuse a name that no step of a run's definition has.

    Raises:
        StepNotFound: so it is.
    """
    if names.base(name) not in past:
        raise StepNotFound(f"run {run_id} has no step {name!r}{did_you_mean(name, past)}")


def _refuse_unfit(
    connection: sa.Connection, run_id: str, past: Mapping[str, Past], named: Collection[str]
) -> None:
    for name in named:
        refuse_unknown(past, run_id, name)
        if name in past:
            continue
        if names.undone(name) is not None:
            raise Refused(f"{name!r} undoes a step: retry {names.undone(name)!r} itself")
        of_element = sa.select(steps.c.name).where(steps.c.run_id == run_id, steps.c.name == name)
        if connection.execute(of_element).first() is None:
            raise StepNotFound(f"step {names.base(name)!r} of run {run_id} has no element {name!r}")
        if not past[names.base(name)].state.is_final:
            raise Refused(f"{name!r} is of a map that goes on: wait until that has ended")


def _chosen(
    run: LockedRun,
    plan: Plan,
    past: Mapping[str, Past],
    named: Collection[str],
    *,
    onwards: bool,
) -> frozenset[str]:
    if run.state is RunState.SUCCEEDED and not named:
        return frozenset()
    if run.state.is_final:
        return redoing.of_ended(plan, past, named, onwards=onwards)
    if run.ending is not None:
        raise Refused(f"run {run.id} is about to be {run.ending}: wait until it is, then retry it")
    return redoing.of_live(plan, past, named)
