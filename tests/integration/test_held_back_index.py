"""A step is found at once among thousands, whatever the database counted last."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import pytest
import sqlalchemy as sa

from orchestrator.ledger import Ledger
from orchestrator.ledger.flow import outcomes
from orchestrator.ledger.flow.claim import Claim
from orchestrator.ledger.tables import runs, steps
from orchestrator.states import RunState, StepState
from tests.integration.book import DONE, step
from tests.integration.shelf import CHAIN, Shelf, crowd
from tests.integration.test_at_once import JOINS

_MANY = 1000
SOME = [*map(step, "abc"), {**step("z", "a", "b", "c"), "join": 2}]
RATHER = [*map(step, "ab"), {**step("z", "a"), "prefer_after": ["b"]}]


@pytest.fixture
def wide(ledger_url: str) -> Any:
    """A run of which many steps are held back, in a ledger that has counted nothing yet."""
    shelf = Shelf(ledger_url, crowd(_MANY))
    shelf.register("w1")
    shelf.finish("a")
    yield shelf
    shelf.ledger.close()


@contextmanager
def asked_of(ledger: Ledger) -> Iterator[list[tuple[str, Any]]]:
    """Give a list that has each statement, with its parameters."""
    seen: list[tuple[str, Any]] = []

    def note(_c: object, _k: object, statement: str, parameters: Any, *_: object) -> None:
        seen.append((statement, parameters))

    sa.event.listen(ledger.engine, "before_cursor_execute", note)
    yield seen
    sa.event.remove(ledger.engine, "before_cursor_execute", note)


def how(ledger: Ledger, statement: str, parameters: Any) -> str:
    """Return how the database would go about a statement."""
    with ledger.read() as connection:
        if ledger.is_sqlite:
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        else:
            # As of statements that were prepared when the table was small: any parameters.
            connection.exec_driver_sql("SET LOCAL plan_cache_mode = force_generic_plan")
            rows = connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)
        return "\n".join(str(row[-1]) for row in rows)


def test_the_next_of_a_crowd_is_found_without_sorting_the_others(wide: Shelf) -> None:
    claim = wide.take("s000")

    with asked_of(wide.ledger) as seen:
        taken = wide.end(claim).taken

    assert taken is not None
    plans = [how(wide.ledger, *each) for each in seen if "queued_at IS NULL" in each[0]]
    assert len(plans) == 1
    assert "ix_orchestrator_steps_held_back" in plans[0]
    assert "Sort" not in plans[0]
    assert "ORDER BY" not in plans[0]


@pytest.mark.parametrize(
    "definition",
    [CHAIN, JOINS, crowd(3), SOME, RATHER],
    ids=["chain", "joins", "many", "some", "rather"],
)
@pytest.mark.parametrize("at_once", [True, False])
def test_a_step_is_found_by_its_key_though_few_were_open(
    postgres_ledger_url: str, definition: list[dict[str, Any]], at_once: bool
) -> None:
    past = Shelf(postgres_ledger_url, crowd(_MANY))
    past.change(steps, state=StepState.SUCCEEDED)
    past.change(runs, state=RunState.SUCCEEDED)
    with past.ledger.at_once() as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")
    shelf = Shelf(postgres_ledger_url, definition)
    shelf.register("w1")

    with asked_of(shelf.ledger) as seen:
        claim = shelf.take("a")
        if at_once:
            shelf.end(claim)
        else:
            with shelf.ledger.write() as connection:
                outcomes.record_in(connection, claim, DONE, shelf.plan_of)

    plans = [how(shelf.ledger, *each) for each in seen if "orchestrator_steps" in each[0]]
    assert len(plans) > 2
    assert not [plan for plan in plans if "ix_orchestrator_steps_open" in plan]
    for each in (past, shelf):
        each.ledger.close()


def test_who_does_steps_has_each_statement_planned_once(postgres_ledger_url: str) -> None:
    length = 20
    names = [f"s{number}" for number in range(length)]
    definition = [step(names[0]), *(step(b, a) for a, b in pairwise(names))]
    shelf = Shelf(postgres_ledger_url, definition)
    shelf.ledger.close()
    shelf.ledger = Ledger(postgres_ledger_url, plans_once=True)
    shelf.register("w1")
    claim: Claim | None = shelf.take(names[0])

    while claim is not None:
        claim = shelf.end(claim).taken

    said = "SELECT generic_plans, custom_plans FROM pg_prepared_statements"
    with shelf.ledger.at_once() as connection:
        prepared = connection.exec_driver_sql(said).all()
    assert sum(row.generic_plans for row in prepared) > length / 2
    assert sum(row.custom_plans for row in prepared) == 0
    shelf.ledger.close()
