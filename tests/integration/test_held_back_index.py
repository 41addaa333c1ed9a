"""Where thousands of steps are held back, the next is found at once, whatever was counted last."""

from typing import Any

import pytest
import sqlalchemy as sa

from orchestrator.ledger import Ledger
from tests.integration.test_taking import Shelf, crowd

_MANY = 1000


@pytest.fixture
def wide(ledger_url: str) -> Any:
    """A run of which many steps are held back, in a ledger that has counted nothing yet."""
    shelf = Shelf(ledger_url, crowd(_MANY))
    shelf.register("w1")
    shelf.finish("a")
    yield shelf
    shelf.ledger.close()


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
    seen: list[tuple[str, Any]] = []

    def note(_c: object, _k: object, statement: str, parameters: Any, *_: object) -> None:
        seen.append((statement, parameters))

    sa.event.listen(wide.ledger.engine, "before_cursor_execute", note)
    taken = wide.end(claim).taken
    sa.event.remove(wide.ledger.engine, "before_cursor_execute", note)

    assert taken is not None
    plans = [how(wide.ledger, *each) for each in seen if "queued_at IS NULL" in each[0]]
    assert len(plans) == 1
    assert "ix_orchestrator_steps_held_back" in plans[0]
    assert "Sort" not in plans[0]
    assert "ORDER BY" not in plans[0]
