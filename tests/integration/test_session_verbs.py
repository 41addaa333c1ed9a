"""Sessions as a producer and an operator see them."""

from collections.abc import Iterator

import pytest

from orchestrator import Coordinator, ExecutionMode, Settings, StepState
from orchestrator.errors import ConfigurationError, SessionNotFound


@pytest.fixture
def coordinator(ledger_url: str) -> Iterator[Coordinator]:
    made = Coordinator(Settings(ledger_url=ledger_url, packages=("tests.toy",)))
    yield made
    made.ledger.close()


def test_a_session_is_created_closed_and_listed(coordinator: Coordinator) -> None:
    made = coordinator.create_session("month end", "sequential", by="ann")

    assert coordinator.session(made.id) == made
    assert [s.name for s in coordinator.sessions()] == ["month end"]
    assert coordinator.close_session(made.id, by="ann", reason="done")
    assert not coordinator.close_session(made.id)
    assert coordinator.sessions() == []
    assert [s.is_open for s in coordinator.sessions(with_closed=True)] == [False]
    told = [(e.name, e.detail["by"]) for _, e in coordinator.events("")]
    assert told == [("session.created", "ann"), ("session.closed", "ann")]


def test_a_run_is_taken_while_the_broker_is_away(ledger_url: str) -> None:
    nowhere = Settings(
        ledger_url=ledger_url, broker_url="redis://127.0.0.1:1/0", packages=("tests.toy",)
    )
    coordinator = Coordinator(nowhere)
    session = coordinator.create_session("outage", ExecutionMode.SEQUENTIAL)

    ids = [coordinator.submit_task("toy.note", session_id=session.id) for _ in range(2)]

    # The first was let start, and maintenance sends its message when there is a broker.
    states = [coordinator.get_task_status(task_id) for task_id in ids]
    assert states == [StepState.QUEUED, StepState.READY]
    coordinator.ledger.close()


def test_unknown_sessions_and_modes_are_refused(coordinator: Coordinator) -> None:
    with pytest.raises(SessionNotFound, match="no session has the id 'nope'"):
        coordinator.session("nope")
    with pytest.raises(SessionNotFound):
        coordinator.close_session("nope")
    with pytest.raises(ConfigurationError, match=r"'sequental'.*did you mean 'sequential'"):
        coordinator.create_session("x", "sequental")
    with pytest.raises(ConfigurationError, match="'' is no name for a session"):
        coordinator.create_session("")
