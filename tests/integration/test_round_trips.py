"""How often a step asks the ledger: each statement is a round trip. The counts only go down."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa

from orchestrator import Coordinator, Settings, Workflow
from orchestrator.ledger import Ledger, workers
from orchestrator.ledger.tables import WIDE_JOIN, definitions
from orchestrator.ledger.upkeep import idle_pools
from orchestrator.plan import WINDOW
from tests.integration.book import step
from tests.integration.shelf import Shelf, crowd

#: PostgreSQL writes the events with what they tell of.
CLAIM = {"sqlite": 4, "postgresql": 3}
#: The end of a step and what becomes of the next one.
AT_ONCE = {"sqlite": 2, "postgresql": 1}
#: The end of a step, and of its run.
LAST = {"sqlite": 3, "postgresql": 1}


@contextmanager
def asked(ledger: Ledger) -> Iterator[list[str]]:
    """Give a list that has the first words of each statement; without those of transactions."""
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if not statement.startswith(("BEGIN", "SELECT clock_timestamp")):
            statements.append(" ".join(statement.split()[:3]))

    sa.event.listen(ledger.engine, "before_cursor_execute", note)
    yield statements
    sa.event.remove(ledger.engine, "before_cursor_execute", note)


@pytest.fixture
def shelf(ledger_url: str) -> Iterator[Shelf]:
    made = Shelf(ledger_url, [step("a"), step("b", "a"), step("c", "b")])
    made.register("w1")
    made.finish("a")
    yield made
    made.ledger.close()


def test_a_step_of_a_chain_that_comes_by_a_message(shelf: Shelf) -> None:
    with asked(shelf.ledger) as statements:
        claim = shelf.take("b")
        claiming = len(statements)
        shelf.record(claim)

    dialect = shelf.ledger.engine.dialect.name
    assert claiming <= CLAIM[dialect], statements
    assert len(statements) - claiming <= AT_ONCE[dialect], statements


def test_a_step_of_a_chain_in_a_burst(shelf: Shelf) -> None:
    claim = shelf.take("b")

    with asked(shelf.ledger) as statements:
        assert shelf.end(claim).taken is not None

    assert len(statements) <= AT_ONCE[shelf.ledger.engine.dialect.name], statements


def test_the_last_step_of_a_run(shelf: Shelf) -> None:
    shelf.finish("b")
    claim = shelf.take("c")

    with asked(shelf.ledger) as statements:
        assert shelf.end(claim).run_state is not None

    assert len(statements) <= LAST[shelf.ledger.engine.dialect.name], statements


def test_a_step_of_a_crowd_in_a_burst(ledger_url: str) -> None:
    parts = [f"s{number:03}" for number in range(WIDE_JOIN + 1)]
    shelf = Shelf(ledger_url, [*crowd(len(parts)), step("z", *parts)])
    shelf.register("w1")
    shelf.finish("a")
    claim = shelf.take("s000")

    with asked(shelf.ledger) as statements:
        assert shelf.end(claim).taken is not None

    assert len(statements) <= AT_ONCE[shelf.ledger.engine.dialect.name], statements
    shelf.ledger.close()


def test_idle_pools_write_nothing_while_a_crowd_of_another_has_enough(ledger_url: str) -> None:
    shelf = Shelf(ledger_url, crowd(WINDOW + 2))
    shelf.register("w1")
    for pool in ("billing", "messaging"):
        workers.register(shelf.ledger, pool, pool=pool, node=pool, lease_seconds=60)
    shelf.finish("a")

    with asked(shelf.ledger) as statements:
        assert idle_pools.widen(shelf.ledger) == []

    assert statements
    assert not [each for each in statements if not each.startswith("SELECT")]
    shelf.ledger.close()


@pytest.mark.parametrize("runs", [1, 100])
def test_a_submission_whatever_the_number_of_runs(ledger_url: str, broker: str, runs: int) -> None:
    settings = Settings(ledger_url=ledger_url, broker_url=broker, packages=("tests.toy",))
    coordinator = Coordinator(settings)
    workflow = Workflow.model_validate({"name": "w", "steps": [step("a"), step("b", "a")]})

    coordinator.submit(workflow)

    with asked(coordinator.ledger) as statements:
        coordinator.submit_many(workflow, [{}] * runs)

    assert len(statements) <= 3, statements
    coordinator.ledger.close()


def test_the_first_submission_of_a_workflow_does_not_read_it_back(
    ledger_url: str, broker: str
) -> None:
    settings = Settings(ledger_url=ledger_url, broker_url=broker, packages=("tests.toy",))
    coordinator = Coordinator(settings)
    workflow = Workflow.model_validate({"name": "w", "steps": [step("a"), step("b", "a")]})

    with asked(coordinator.ledger) as statements:
        coordinator.submit(workflow)

    assert len(statements) <= 5, statements
    assert not [each for each in statements if f"{definitions.name}.body" in each]
    coordinator.ledger.close()
