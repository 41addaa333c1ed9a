"""A session with several runs, and the moves of workers in it without a worker."""

from typing import Any

import sqlalchemy as sa

from orchestrator import Plan, Priority, StepState, Workflow, compile
from orchestrator.clock import now
from orchestrator.ledger import Ledger, outbox, submission
from orchestrator.ledger import workers as pool_processes
from orchestrator.ledger.flow import claims, endings, outcomes
from orchestrator.ledger.flow.claim import Claim, Message
from orchestrator.ledger.flow.outcome import Outcome
from orchestrator.ledger.flow.progress import Progress
from orchestrator.ledger.sessions import admission, sessions
from orchestrator.ledger.sessions.admission import Admitted
from orchestrator.ledger.tables import steps
from orchestrator.states import ExecutionMode

DONE = Outcome(StepState.SUCCEEDED, result="1")


class Group:
    """A session whose steps are done by hand; a step is called by its name alone."""

    def __init__(self, url: str, mode: ExecutionMode, session: str = "") -> None:
        self.ledger = Ledger(url)
        self.session = session or sessions.create(self.ledger, "a test", mode, by="a test").id
        self._plans: dict[str, Plan] = {}
        self._runs: dict[str, str] = {}

    def submit(
        self,
        *definition: dict[str, Any],
        priority: Priority = Priority.NORMAL,
        parent: tuple[str, str] | None = None,
    ) -> str:
        workflow = Workflow.model_validate({"name": "group", "steps": definition})
        plan = self._plans[workflow.version] = compile(workflow)
        asked = submission.Submission(
            workflow, plan, {}, priority, None, session=self.session, parent=parent
        )
        with self.ledger.write() as connection:
            run, _ = submission.insert(connection, asked)
        self._runs |= dict.fromkeys(plan.steps, run)
        return run

    def admit(self) -> list[str]:
        """Return the names of what starts now."""
        return [name for _, name in places(admission.admit(self.ledger, self.session))]

    def register(self, *workers: str, pool: str = "toy") -> None:
        for worker in workers:
            pool_processes.register(self.ledger, worker, pool=pool, node=worker, lease_seconds=60)

    def take(self, step: str, attempt: int = 1, worker: str = "w1") -> Claim:
        message = Message(self.run_of(step), step, attempt)
        claimed = claims.claim(self.ledger, message, worker, self.plan_of, max_losses=3)
        assert isinstance(claimed, Claim), claimed
        return claimed

    def record(self, claimed: Claim, outcome: Outcome = DONE) -> Progress:
        return outcomes.record(self.ledger, claimed, outcome, self.plan_of)

    def finish(self, step: str, outcome: Outcome = DONE, *, attempt: int = 1) -> Progress:
        return self.record(self.take(step, attempt), outcome)

    def settle(self, run: str) -> Progress:
        return endings.settle(self.ledger, run, self.plan_of)

    def wake(self, step: str) -> None:
        self.change(step, due_at=now())
        outbox.wake(self.ledger)

    def close(self) -> None:
        sessions.close(self.ledger, self.session, by="a test", reason="enough")

    def find(self) -> sessions.Session:
        return sessions.find(self.ledger, self.session)

    def change(self, step: str, **values: Any) -> None:
        with self.ledger.write() as connection:
            connection.execute(sa.update(steps).where(steps.c.name == step).values(**values))

    def plan_of(self, version: str) -> Plan:
        return self._plans[version]

    def run_of(self, step: str) -> str:
        return self._runs[step]

    def states(self) -> dict[str, str]:
        query = sa.select(steps.c.name, steps.c.state)
        with self.ledger.read() as connection:
            return {row.name: row.state for row in connection.execute(query)}


def places(admitted: Admitted) -> list[tuple[str, str]]:
    """Return what was admitted, what no worker does at the end."""
    tasks = [(dispatch.run_id, dispatch.step) for dispatch in admitted.dispatches]
    return [*tasks, *admitted.openings]
