"""Moving a run to another version of its workflow, where what it has begun agrees.

What has ended stays, what runs runs on, and the rest is rebuilt by the new definition. A
run that has failed can be moved too: a retry then follows the new version.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from orchestrator.errors import Refused
from orchestrator.ledger import events
from orchestrator.ledger.definitions import Plans, keep
from orchestrator.ledger.engine import Ledger
from orchestrator.ledger.flow.progress import Progress
from orchestrator.ledger.locked import LockedRun, lock, no_longer_as_planned
from orchestrator.ledger.submission import Submission
from orchestrator.ledger.tables import runs
from orchestrator.ledger.verbs import again, agreement, redefining
from orchestrator.ledger.verbs.rebuilding import rebuild
from orchestrator.ledger.verbs.redoing import NOT_BEGUN, Past
from orchestrator.ledger.verbs.resetting import reset
from orchestrator.ledger.verbs.retrying import going_on
from orchestrator.plan import Plan
from orchestrator.states import RunState, StepState


def move(
    ledger: Ledger, run_id: str, plans: Plans, asked: Submission, *, by: str, reason: str
) -> Progress | None:
    """Let a run follow the definition that is asked for.

    Returns:
        What is to be told; None if it follows that already.

    Raises:
        RunNotFound: no run has this id.
        Refused: it has ended well, is about to end, or has begun what does not agree.
    """
    said: dict[str, Any] = {"by": by, "reason": reason}
    with ledger.write() as connection:
        run = lock(connection, run_id, exclusive=True)
        old, new = plans(run.version), asked.plan
        if old.version == new.version:
            return None
        _refuse_ended(run, old, new)
        past = again.look(connection, run_id)
        fixed = {name for name, how in past.items() if _is_fixed(how, run)}
        problems = agreement.disagreements(old, new, fixed)
        if problems:
            raise Refused(
                f"run {run_id} cannot be moved to version {new.version}: {'; '.join(problems)}"
            )
        keep(connection, (asked.workflow, *asked.definitions))
        _follow(connection, run_id, asked)
        change: dict[str, Any] = {"from": old.version, "to": new.version, **said}
        events.append(connection, "run.moved", run_id, **change)
        left = rebuild(new, {name: past[name].state for name in fixed if past[name].state.is_final})
        redefining.remove(connection, run_id, past.keys() - new.steps.keys(), **said)
        redefining.redefine(connection, run, asked, past.keys() & new.steps.keys(), fixed)
        added = {name: left[name] for name in new.steps.keys() - past.keys()}
        redefining.add(connection, run, asked, added, **said)
        moved = replace(run, version=new.version)
        if run.state.is_final:
            return Progress(run_id, new.version)
        changed = _changed(old, new, past, fixed)
        reset(connection, moved, new, {name: left[name] for name in changed}, **said)
    return going_on(moved)


def _refuse_ended(run: LockedRun, old: Plan, new: Plan) -> None:
    if old.workflow != new.workflow:
        raise Refused(f"run {run.id} is of workflow {old.workflow!r}, not of {new.workflow!r}")
    if run.state is RunState.SUCCEEDED:
        raise Refused(f"run {run.id} has succeeded: submit a new one, or use rerun")
    if not run.state.is_final and run.ending is not None:
        raise Refused(f"run {run.id} is about to be {run.ending}: wait until it is, then move it")


def _is_fixed(how: Past, run: LockedRun) -> bool:
    """Say whether a step stays as it is, whatever the new version says."""
    if run.state.is_final:
        return how.state in (StepState.SUCCEEDED, StepState.SKIPPED) and not how.is_undone
    return how.state not in NOT_BEGUN


def _follow(connection: sa.Connection, run_id: str, asked: Submission) -> None:
    children = json.dumps(dict(asked.children)) if asked.children else None
    connection.execute(
        sa.update(runs)
        .where(runs.c.id == run_id)
        .values(version=asked.workflow.version, children=children)
    )
    no_longer_as_planned(connection, run_id)


def _changed(old: Plan, new: Plan, past: Mapping[str, Past], fixed: Collection[str]) -> list[str]:
    """Return the steps of both versions that are begun by the new one, and counted anew."""
    return [
        name
        for name in new.steps
        if name in past and name not in fixed and not agreement.is_same(old, new, name)
    ]
