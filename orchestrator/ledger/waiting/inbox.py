"""What waits for somebody: the inbox of a person, the board of an agent, the signals to come."""

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from orchestrator import limits
from orchestrator.definition.answers import FieldType
from orchestrator.definition.wait_for import WaitKind
from orchestrator.ledger.engine import Ledger
from orchestrator.ledger.side_tables import waits
from orchestrator.ledger.tables import runs, steps
from orchestrator.ledger.waiting.open_waits import COLUMNS, OpenWait
from orchestrator.ledger.waiting.waits import wait_of
from orchestrator.plan import Plan
from orchestrator.states import Priority


@dataclass(frozen=True, slots=True)
class Waiting:
    """A step that waits for an answer.

    Attributes:
        name: of the signal, the person, or the agent's skill.
        inputs: what the step shows to whoever answers.
        answer: its fields and their types; None where any JSON will do.
        until: when it waits no longer; None: for ever.
        escalations: how many there have been.
        claimed_by: who is on it.
        claimed_until: until when, unless it beats; None: a person's claim does not end.
    """

    run_id: str
    workflow: str
    step: str
    kind: WaitKind
    name: str
    priority: Priority
    inputs: Any
    answer: dict[str, FieldType] | None
    since: dt.datetime
    until: dt.datetime | None
    escalations: int
    claimed_by: str | None
    claimed_until: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Sought:
    """Whose answers are looked for; of several, those of any. Nothing named: everybody's."""

    person: str | None = None
    agent: str | None = None
    signal: str | None = None
    run_id: str | None = None

    @property
    def condition(self) -> sa.ColumnElement[bool]:
        """The same as SQL."""
        named = [
            sa.and_(waits.c.kind == kind, waits.c.name == name)
            for kind, name in (
                ("person", self.person),
                ("agent", self.agent),
                ("signal", self.signal),
            )
            if name is not None
        ]
        of_kind = sa.or_(*named) if named else waits.c.kind != "timer"
        return of_kind if self.run_id is None else sa.and_(of_kind, waits.c.run_id == self.run_id)


def list_open(
    ledger: Ledger, sought: Sought, plan_of: Callable[[str], Plan], *, limit: int
) -> list[Waiting]:
    """Return the steps that wait for an answer: the most urgent first, then the oldest."""
    query = (
        sa.select(*COLUMNS, runs.c.workflow, runs.c.version, steps.c.priority)
        .select_from(
            waits.join(runs, runs.c.id == waits.c.run_id).join(
                steps, sa.and_(steps.c.run_id == waits.c.run_id, steps.c.name == waits.c.step)
            )
        )
        .where(waits.c.done_at.is_(None), runs.c.ended_at.is_(None), sought.condition)
        .order_by(steps.c.priority, waits.c.opened_at, waits.c.run_id, waits.c.step)
        .limit(limits.checked(limit))
    )
    with ledger.read() as connection:
        rows = connection.execute(query).all()
    return [_waiting(row, plan_of(row.version)) for row in rows]


def _waiting(row: Any, plan: Plan) -> Waiting:
    found = OpenWait(*row[: len(COLUMNS)])
    return Waiting(
        run_id=found.run_id,
        workflow=row.workflow,
        step=found.step,
        kind=found.kind,
        name=found.name,
        priority=Priority(row.priority),
        inputs=json.loads(found.inputs),
        answer=wait_of(plan[found.step].step).answer,
        since=found.opened_at,
        until=found.deadline_at,
        escalations=found.escalations,
        claimed_by=found.claimed_by,
        claimed_until=found.claimed_until,
    )
