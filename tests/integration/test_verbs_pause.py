"""Pausing: nothing starts, what runs finishes, and resuming loses nothing."""

import pytest

from orchestrator import RunState
from orchestrator.errors import Refused
from orchestrator.ledger import outbox
from orchestrator.ledger.flow.refusals import Refusal
from orchestrator.ledger.verbs import paused_runs, pausing
from tests.integration.book import step
from tests.integration.verbs import WHO, Operate, Operated


@pytest.fixture
def chain(operate: Operate) -> Operated:
    return operate([step("a"), step("b", "a"), step("c", "b")])


def test_a_paused_run_starts_nothing(chain: Operated) -> None:
    assert chain.pause()

    assert chain.state() == RunState.PAUSED
    assert chain.claim("a") is Refusal.PAUSED
    assert outbox.ready(chain.ledger) == []


def test_a_pause_takes_effect_once(chain: Operated) -> None:
    chain.pause()

    assert not chain.pause()
    assert chain.events("run.paused") == [("run.paused", None)]
    assert chain.said("run.paused") == {"paused_for": "run", **WHO}


def test_what_runs_finishes_and_its_successor_waits(chain: Operated) -> None:
    running = chain.take("a")
    chain.pause()

    told = chain.record(running)

    assert told.hops == ()
    assert chain.states() == {"a": "succeeded", "b": "ready", "c": "pending"}


def test_a_run_that_never_started_is_pending_again(chain: Operated) -> None:
    chain.pause()

    told = chain.resume()

    assert told is not None
    assert told.begun == (chain.run_id,)
    assert chain.state() == RunState.PENDING


def test_a_run_that_had_started_runs_again(chain: Operated) -> None:
    chain.done("a")
    chain.pause()

    chain.resume()

    assert chain.state() == RunState.RUNNING
    # Its message may have come during the pause: so it is to be sent again.
    assert chain.states()["b"] == "ready"
    chain.done("b", "c")
    assert chain.state() == RunState.SUCCEEDED


def test_what_is_not_paused_is_not_resumed(chain: Operated) -> None:
    assert chain.resume() is None


def test_a_paused_run_may_end(chain: Operated) -> None:
    chain.done("a", "b")
    running = chain.take("c")
    chain.pause()

    chain.record(running)

    assert chain.state() == RunState.SUCCEEDED
    with pytest.raises(Refused, match="is succeeded: there is nothing of it to pause"):
        chain.pause()


def test_a_paused_run_can_be_cancelled(chain: Operated) -> None:
    chain.pause()

    chain.cancel()

    assert chain.state() == RunState.CANCELLED


def test_a_run_that_is_about_to_end_is_not_paused(chain: Operated) -> None:
    chain.take("a")
    chain.cancel()

    with pytest.raises(Refused, match="is about to end"):
        chain.pause()


def follow(book: Operated) -> list[str]:
    told = paused_runs.follow_workflows(book.ledger, by="maintenance", reason="it was resumed")
    return [progress.run_id for progress in told]


def test_the_runs_of_a_paused_workflow_are_paused_and_go_on_with_it(chain: Operated) -> None:
    assert pausing.hold(chain.ledger, "workflow", "book", **WHO)
    follow(chain)
    assert chain.state() == RunState.PAUSED
    assert chain.said("run.paused") == {"paused_for": "workflow", **WHO}

    assert pausing.let_go(chain.ledger, "workflow", "book", **WHO)

    assert follow(chain) == [chain.run_id]
    assert follow(chain) == []
    assert chain.state() == RunState.PENDING


def test_a_run_submitted_while_its_workflow_is_paused_begins_paused(chain: Operated) -> None:
    pausing.hold(chain.ledger, "workflow", "book", **WHO)

    chain.run_id = chain.submit()

    assert chain.state() == RunState.PAUSED


def test_a_run_that_was_paused_alone_stays_so_when_its_workflow_goes_on(chain: Operated) -> None:
    pausing.hold(chain.ledger, "workflow", "book", **WHO)
    follow(chain)
    assert chain.pause()
    pausing.let_go(chain.ledger, "workflow", "book", **WHO)

    assert follow(chain) == []
    assert chain.state() == RunState.PAUSED


def test_one_run_of_a_paused_workflow_may_be_tried(chain: Operated) -> None:
    pausing.hold(chain.ledger, "workflow", "book", **WHO)
    follow(chain)

    chain.resume()

    follow(chain)
    assert chain.state() == RunState.PENDING


def test_a_workflow_is_paused_once(chain: Operated) -> None:
    assert pausing.hold(chain.ledger, "workflow", "book", **WHO)
    assert not pausing.hold(chain.ledger, "workflow", "book", **WHO)
    assert pausing.let_go(chain.ledger, "workflow", "book", **WHO)
    assert not pausing.let_go(chain.ledger, "workflow", "book", **WHO)


def test_a_run_retried_while_its_workflow_is_paused_is_paused(chain: Operated) -> None:
    chain.failed("a")
    pausing.hold(chain.ledger, "workflow", "book", **WHO)

    assert chain.retry()

    assert chain.state() == RunState.PAUSED
    assert chain.claim("a", attempt=2) is Refusal.PAUSED


def test_a_paused_pool_puts_back_what_comes(chain: Operated) -> None:
    chain.done("a")
    pausing.hold(chain.ledger, "pool", "toy", **WHO)

    assert chain.claim("b") is Refusal.POOL_PAUSED

    assert chain.states()["b"] == "ready"
    assert outbox.ready(chain.ledger) == []
    pausing.let_go(chain.ledger, "pool", "toy", **WHO)
    assert [dispatch.step for dispatch in outbox.ready(chain.ledger)] == ["b"]
