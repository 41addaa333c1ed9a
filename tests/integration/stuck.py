"""Runs that do not move, for who asks why: the moves of workers are made by hand."""

import re
from typing import Any

import sqlalchemy as sa

from orchestrator import Coordinator, Settings, StepState, Workflow
from orchestrator.ledger import workers
from orchestrator.ledger.flow import claims, outcomes
from orchestrator.ledger.flow.claim import Claim, Message
from orchestrator.ledger.flow.outcome import Failure, Outcome
from orchestrator.ledger.tables import steps
from orchestrator.why.reasons import Reason

DONE = Outcome(StepState.SUCCEEDED, result="1")
FAILED = Outcome(StepState.FAILED, failure=Failure("Refused", "no such customer"))
AGAIN = Outcome(StepState.WAITING, failure=Failure("Busy", "the ERP is away"), due_in=60)

_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC")


class Stuck:
    """A coordinator and a ledger; nothing goes on by itself."""

    def __init__(self, settings: Settings) -> None:
        self.coordinator = Coordinator(settings)
        self.ledger = self.coordinator.ledger

    def close(self) -> None:
        self.ledger.close()

    def begin(self, *definition: dict[str, Any], name: str = "stuck", **options: Any) -> str:
        """Begin a run; what no worker does is opened at once."""
        workflow = Workflow.model_validate({"name": name, "steps": definition})
        return self.coordinator.submit(workflow, **options).id

    def register(self, worker: str = "w1", *, lease: float = 60, **more: Any) -> str:
        workers.register(self.ledger, worker, pool="toy", node=worker, lease_seconds=lease, **more)
        return worker

    def take(self, run_id: str, step: str, attempt: int = 1, worker: str = "w1") -> Claim:
        """Let a worker take a step."""
        plans = self.coordinator._plans
        message = Message(run_id, step, attempt)
        claimed = claims.claim(self.ledger, message, worker, plans, max_losses=3)
        assert isinstance(claimed, Claim), claimed
        return claimed

    def finish(self, run_id: str, step: str, outcome: Outcome = DONE) -> None:
        """Let a worker do a step, and all that follows from it."""
        claimed = self.take(run_id, step)
        done = outcomes.record(self.ledger, claimed, outcome, self.coordinator._plans)
        self.coordinator._progression.carry_out(done)

    def change(self, step: str, **values: Any) -> None:
        """Write what somebody else would have written."""
        with self.ledger.write() as connection:
            connection.execute(sa.update(steps).where(steps.c.name == step).values(**values))

    def why(self, run_id: str, step: str) -> Reason:
        """Return the reason of one step, asked for alone, and of the whole run the same."""
        (alone,) = self.coordinator.why(run_id, step)
        together = [r for r in self.coordinator.why(run_id) if r.step == step]
        assert together in ([alone], [])
        return alone


def said(reason: Reason) -> str:
    """Return a reason's sentence with every time of it written `TIME`."""
    return _TIME.sub("TIME", reason.sentence)


def note(name: str, *after: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "task": "toy.note", "after": after, **more}
