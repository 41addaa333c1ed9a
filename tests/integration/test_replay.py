"""A run's events are enough: what they tell is what the ledger shows, whatever happened."""

import re
from collections.abc import Iterator
from random import Random

import pytest
import sqlalchemy as sa

from orchestrator import Application, Settings
from orchestrator.ledger import Ledger
from orchestrator.ledger.log import verification
from orchestrator.ledger.log.replay import HAPPENS
from orchestrator.ledger.tables import runs, steps
from tests.integration.book import Book
from tests.integration.wandering import Wanderer
from tests.repository import ROOT

MOVES = 100


@pytest.fixture(scope="module")
def application() -> Application:
    return Application.load(Settings(packages=("tests.toy",)), files=False)


@pytest.fixture
def ledger(ledger_url: str) -> Iterator[Ledger]:
    made = Ledger(ledger_url)
    yield made
    made.close()


@pytest.mark.parametrize("seed", range(10))
def test_a_run_that_is_moved_at_random_is_what_its_events_tell(
    ledger: Ledger, application: Application, seed: int
) -> None:
    wander(ledger, application, seed)


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_hundreds_of_runs_that_are_moved_at_random_are_what_their_events_tell(
    ledger: Ledger, application: Application
) -> None:
    for seed in range(100, 400):
        wander(ledger, application, seed)


def wander(ledger: Ledger, application: Application, seed: int) -> None:
    """Move a run at random, and compare it with its events after each move."""
    wanderer = Wanderer(ledger, application, Random(seed))
    made: list[str] = []
    for _ in range(MOVES):
        made.append(wanderer.move())
        for run_id in wanderer.family():
            found = verification.verify(ledger, run_id, wanderer.plans)
            assert found is None, (seed, found, made, wanderer.workflow.model_dump_json())


def test_the_first_difference_is_a_sentence(book: Book) -> None:
    book.finish("a")
    assert verification.verify(book.ledger, book.run_id, book.plan_of) is None

    book.change(steps, losses=steps.c.losses + sa.case((steps.c.name == "b", 1), else_=0))
    assert verification.verify(book.ledger, book.run_id, book.plan_of) == (
        f"losses of step 'b' of run {book.run_id} is 1 in the ledger, and 0 by its events"
    )
    book.change(runs, state="paused")
    assert verification.verify(book.ledger, book.run_id, book.plan_of) == (
        f"the state of run {book.run_id} is paused in the ledger, and running by its events"
    )


def test_a_step_that_no_event_speaks_of_is_named(book: Book) -> None:
    with book.ledger.write() as connection:
        connection.execute(sa.delete(steps).where(steps.c.name == "d"))

    assert verification.verify(book.ledger, book.run_id, book.plan_of) == (
        f"step 'd' of run {book.run_id} is in its events, and not in its ledger"
    )


def test_every_event_of_a_run_that_is_written_is_known_to_the_replay() -> None:
    texts = [path.read_text() for path in (ROOT / "orchestrator" / "ledger").rglob("*.py")]
    written = {name for text in texts for name in re.findall(r'"((?:run|step)\.[a-z]+)"', text)}

    assert "step.started" in written
    assert written <= set(HAPPENS)
