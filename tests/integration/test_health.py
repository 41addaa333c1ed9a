"""How an installation is while parts of it are down."""

from collections.abc import Iterator

import pytest

from orchestrator import Settings
from orchestrator.facade.engine import OrchestrationEngine
from orchestrator.facade.health import Health, HealthState
from orchestrator.ledger import moved_clock
from tests.integration.installation import Factory, Installation
from tests.waiting import eventually

PARTS = {"broker", "ledger", "pools", "maintenance"}


@pytest.fixture
def made(install: Factory) -> Installation:
    return install()


@pytest.fixture
def engine(made: Installation) -> Iterator[OrchestrationEngine]:
    with OrchestrationEngine(made.settings) as opened:
        yield opened


def down(found: Health) -> set[str]:
    return {
        name for name, part in found.components.items() if part.state is not HealthState.HEALTHY
    }


def test_all_parts_of_a_running_installation_are_healthy(toy: Installation) -> None:
    with OrchestrationEngine(toy.settings) as engine:
        found = eventually(lambda: _if_healthy(engine.get_health_status()))

    assert set(found.components) == PARTS
    assert all(part.latency is not None for part in found.components.values())
    assert all(part.detail == "" for part in found.components.values())
    assert found.metrics["processes"] == 2
    assert found.metrics["messages_waiting"] >= 0


def _if_healthy(found: Health) -> Health | None:
    return found if found.state is HealthState.HEALTHY else None


def test_without_workers_the_pools_are_down(engine: OrchestrationEngine) -> None:
    found = engine.get_health_status()

    assert down(found) == {"pools"}
    assert found.state is HealthState.DOWN
    assert found.components["pools"].detail == "no process of pool toy shows signs of life"


def test_without_its_broker_an_installation_still_says_how_it_is(
    made: Installation, engine: OrchestrationEngine
) -> None:
    made.server.stop()

    found = engine.get_health_status()

    assert {"broker", "pools"} == down(found)
    assert found.components["broker"].latency is None
    assert found.components["broker"].detail.startswith("the broker does not answer: ")
    assert engine.get_system_status().queues is None


def test_without_its_ledger_an_installation_still_says_how_it_is(
    made: Installation, tmp_path
) -> None:
    nowhere = made.settings.model_copy(update={"ledger_url": f"sqlite:///{tmp_path}/no/ledger.db"})
    with OrchestrationEngine(Settings.model_validate(nowhere.model_dump())) as engine:
        found = engine.get_health_status()

    assert down(found) == {"ledger", "pools", "maintenance"}
    assert found.components["ledger"].detail.startswith("the ledger does not answer: ")
    assert found.components["broker"].latency is not None


def test_maintenance_is_missed_when_something_due_is_not_done(
    made: Installation, engine: OrchestrationEngine
) -> None:
    made.submit([{"name": "wait", "wait_for": {"timer": "1 min"}}])
    assert "maintenance" not in down(engine.get_health_status())

    moved_clock.move(made.ledger, 3660)

    found = engine.get_health_status()
    assert found.components["maintenance"].detail.startswith("something has been due for 1 h ")
    assert found.metrics["maintenance_late_seconds"] > 3599
