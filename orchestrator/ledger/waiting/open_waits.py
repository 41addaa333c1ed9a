"""Looking up what a step waits for, on behalf of whoever comes with an answer.

Who comes in vain is told why in a sentence: nobody waits yet, or somebody was faster.
"""

import datetime as dt
import json
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from orchestrator.definition import waiting
from orchestrator.definition.wait_for import WaitKind
from orchestrator.errors import NotWaiting
from orchestrator.ledger.locked import LockedRun
from orchestrator.ledger.side_tables import waits
from orchestrator.ledger.tables import events, steps
from orchestrator.plan import Plan
from orchestrator.states import FINAL_STEP_STATES, StepState
from orchestrator.suggestion import did_you_mean


@dataclass(frozen=True, slots=True)
class OpenWait:
    """What a step waits for.

    Attributes:
        name: of the signal, person or skill; of a timer empty.
        inputs: JSON: what is shown to whoever answers.
        deadline_at: when it waits no longer; of a timer its end.
        claimed_until: when its claim ends unless its holder beats; a person's does not.
    """

    run_id: str
    step: str
    kind: WaitKind
    name: str
    inputs: str
    opened_at: dt.datetime
    deadline_at: dt.datetime | None
    escalations: int
    claimed_by: str | None
    token: str | None
    claimed_until: dt.datetime | None

    def in_words(self, holder: str | None = None) -> str:
        """Return what it waits for, as the rest of `it waits …`."""
        return waiting.in_words(
            self.kind, self.name, since=self.opened_at, until=self.deadline_at, holder=holder
        )

    @property
    def shown(self) -> str:
        """The same, with who is on it now."""
        return self.in_words(self.claimed_by)


#: The columns of an `OpenWait`.
COLUMNS = (
    waits.c.run_id,
    waits.c.step,
    waits.c.kind,
    waits.c.name,
    waits.c.inputs,
    waits.c.opened_at,
    waits.c.deadline_at,
    waits.c.escalations,
    waits.c.claimed_by,
    waits.c.token,
    waits.c.claimed_until,
)


def find(connection: sa.Connection, run: LockedRun, plan: Plan, step: str) -> OpenWait:
    """Return what a step waits for: a signal, a person or an agent.

    Args:
        run: held; in one that ends, what waited waits no longer.

    Raises:
        NotWaiting: there is no such step, or it waits for no answer.
    """
    if step not in plan.steps or plan.steps[step].step.wait_for is None:
        waiting_ones = [name for name, planned in plan.steps.items() if planned.step.wait_for]
        raise NotWaiting(
            f"no step of workflow {plan.workflow!r} waits for an answer under the name {step!r}"
            f"{did_you_mean(step, waiting_ones)}"
        )
    row = connection.execute(
        sa.select(*COLUMNS).where(
            waits.c.run_id == run.id, waits.c.step == step, waits.c.done_at.is_(None)
        )
    ).one_or_none()
    if row is None:
        raise NotWaiting(why_not(connection, run.id, step))
    found = OpenWait(*row)
    if found.kind == "timer":
        raise NotWaiting(
            f"step {step!r} of run {run.id} waits {found.in_words()}, and nobody can answer that: "
            "skip the step, or let the time come"
        )
    return found


def why_not(connection: sa.Connection, run_id: str, step: str) -> str:
    """Return why a step that could wait for an answer does not, as a sentence."""
    state = connection.execute(
        sa.select(steps.c.state).where(steps.c.run_id == run_id, steps.c.name == step)
    ).scalar_one()
    if state not in FINAL_STEP_STATES:
        return f"step {step!r} of run {run_id} does not wait yet: it is {state}"
    log = connection.execute(
        sa.select(events.c.detail)
        .where(events.c.run_id == run_id, events.c.step == step, events.c.name == f"step.{state}")
        .order_by(events.c.id.desc())
        .limit(1)
    ).scalar()
    ended = _ended(state, json.loads(log or "{}"))
    return f"step {step!r} of run {run_id} waits no longer: {ended}"


def _ended(state: str, said: dict[str, Any]) -> str:
    if state == StepState.SUCCEEDED and "by" in said:
        return f"{said['by']} has answered"
    why = said.get("message") or said.get("reason")
    by = f" by {said['by']}" if "by" in said else ""
    return f"it is {state}{by}" + (f" ({why})" if why else "")
