"""A book whose worker goes on with what its steps set free, and what became of its rows."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from orchestrator.ledger.flow import outcomes
from orchestrator.ledger.flow.claim import Claim
from orchestrator.ledger.flow.outcome import Outcome
from orchestrator.ledger.flow.progress import Progress
from orchestrator.ledger.flow.taking import Taker
from orchestrator.ledger.tables import events, steps
from orchestrator.ledger.verbs import pausing
from orchestrator.states import Priority
from tests.integration.book import DONE, Book, step

#: What differs from one attempt to the next, whoever makes it.
_OWN = ("run_id", "token", "ready_at", "queued_at", "started_at", "ended_at")

CHAIN = [step("a"), step("b", "a"), step("c", "b")]


def crowd(size: int, **more: Any) -> list[dict[str, Any]]:
    return [step("a"), *({**step(f"s{n:03}", "a"), **more} for n in range(size))]


class Shelf(Book):
    """A book whose worker goes on with what its steps set free."""

    def taker(self, claim: Claim, outcome: Outcome) -> Taker:
        return Taker(claim, "toy", Priority.NORMAL, outcome.result)

    def end(self, claim: Claim, outcome: Outcome = DONE) -> Progress:
        taker = self.taker(claim, outcome)
        return outcomes.record(self.ledger, claim, outcome, self.plan_of, taker)

    def rows(self) -> list[dict[str, Any]]:
        query = sa.select(steps).where(steps.c.run_id == self.run_id).order_by(steps.c.position)
        with self.ledger.read() as connection:
            found = connection.execute(query).mappings().all()
        return [{name: row[name] for name in row if name not in _OWN} for row in found]

    def times(self) -> dict[str, list[str]]:
        """Return which of a step's times are known, by step."""
        names = [name for name in _OWN if name.endswith("_at")]
        query = sa.select(steps).where(steps.c.run_id == self.run_id)
        with self.ledger.read() as connection:
            found = connection.execute(query).mappings().all()
        return {row["name"]: [name for name in names if row[name]] for row in found}

    def change_step(self, name: str, **values: Any) -> None:
        with self.ledger.write() as connection:
            connection.execute(sa.update(steps).where(steps.c.name == name).values(**values))

    def pause_pool(self) -> None:
        pausing.hold(self.ledger, "pool", "toy", by="ann", reason="a test")

    def log(self) -> list[tuple[str, str | None, int | None]]:
        query = sa.select(events).where(events.c.run_id == self.run_id).order_by(events.c.id)
        with self.ledger.read() as connection:
            return [(row.name, row.step, row.attempt) for row in connection.execute(query)]


Shelves = Callable[[list[dict[str, Any]]], Shelf]
