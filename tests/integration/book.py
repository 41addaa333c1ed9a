"""A ledger with one run in it, for tests that make a worker's moves without a worker."""

from typing import Any

import sqlalchemy as sa

from orchestrator import Plan, Priority, StepState, Workflow, compile
from orchestrator.ledger import Ledger, submission
from orchestrator.ledger import workers as pool_processes
from orchestrator.ledger.flow import claims, endings, outcomes
from orchestrator.ledger.flow.claim import Claim, Message
from orchestrator.ledger.flow.outcome import Outcome
from orchestrator.ledger.flow.progress import Progress
from orchestrator.ledger.flow.refusals import Refusal
from orchestrator.ledger.tables import runs, steps
from orchestrator.ledger.verbs import cancelling

DONE = Outcome(StepState.SUCCEEDED, result="1")


class Book:
    """A ledger with one run, and the moves a worker makes in it."""

    def __init__(self, url: str, definition: list[dict[str, Any]], run_id: str = "") -> None:
        self.ledger = Ledger(url)
        self.workflow = Workflow.model_validate({"name": "book", "steps": definition})
        self.plan: Plan = compile(self.workflow)
        self.run_id = run_id or self.submit()

    def submit(self) -> str:
        asked = submission.Submission(self.workflow, self.plan, {}, Priority.NORMAL, None)
        with self.ledger.write() as connection:
            return submission.insert(connection, asked)[0]

    def register(self, worker: str, *, lease: float = 60.0) -> str:
        pool_processes.register(self.ledger, worker, pool="toy", node=worker, lease_seconds=lease)
        return worker

    def claim(self, step: str, attempt: int = 1, worker: str = "w1") -> Claim | Refusal:
        message = Message(self.run_id, step, attempt)
        return claims.claim(self.ledger, message, worker, self.plan_of, max_losses=3)

    def take(self, step: str, attempt: int = 1, worker: str = "w1") -> Claim:
        claimed = self.claim(step, attempt, worker)
        assert isinstance(claimed, Claim)
        return claimed

    def plan_of(self, version: str) -> Plan:
        assert version == self.workflow.version
        return self.plan

    def record(self, claimed: Claim, outcome: Outcome = DONE) -> Progress:
        return outcomes.record(self.ledger, claimed, outcome, self.plan_of)

    def cancel(self) -> Progress:
        return cancelling.cancel(
            self.ledger, self.run_id, self.plan_of, by="a test", reason="enough"
        )

    def settle(self) -> Progress:
        return endings.settle(self.ledger, self.run_id, self.plan_of)

    def finish(self, step: str, outcome: Outcome = DONE) -> Progress:
        return self.record(self.take(step), outcome)

    def column(self, name: str) -> dict[str, Any]:
        query = sa.select(steps.c.name, steps.c[name]).where(steps.c.run_id == self.run_id)
        with self.ledger.read() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def state(self) -> str:
        query = sa.select(runs.c.state).where(runs.c.id == self.run_id)
        with self.ledger.read() as connection:
            return str(connection.execute(query).scalar_one())

    def change(self, table: sa.Table, **values: Any) -> None:
        with self.ledger.write() as connection:
            connection.execute(sa.update(table).values(**values))


def step(name: str, *after: str) -> dict[str, Any]:
    return {"name": name, "task": "toy.note", "after": after}
