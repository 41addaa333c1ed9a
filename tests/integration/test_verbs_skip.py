"""Skipping by hand: the run goes on, and what follows the step does too."""

import pytest

from orchestrator import RunState
from orchestrator.errors import Refused
from orchestrator.ledger.flow.refusals import Refusal
from tests.integration.book import step
from tests.integration.verbs import TOLERATED, Operate


def test_what_follows_a_step_that_somebody_skipped_goes_on(operate: Operate) -> None:
    book = operate([step("a"), step("b", "a")])

    told = book.skip("a")

    assert [near.step for near in told[0].hops] == ["b"]
    assert book.take("b").idle is None
    assert book.said("step.skipped") == {"by": "a test", "reason": "to see"}


def test_what_follows_a_step_whose_condition_was_false_does_not(operate: Operate) -> None:
    book = operate([step("a"), step("b", "a")])
    book.skip("a")
    with book.ledger.write() as connection:
        connection.exec_driver_sql("UPDATE orchestrator_steps SET result = NULL WHERE name = 'a'")

    assert book.take("b").idle == "every step it follows was skipped"


def test_a_step_that_needs_the_result_finds_none(operate: Operate) -> None:
    book = operate([step("a"), step("b", "a") | {"inputs": {"seconds": "$a"}}])
    book.skip("a")

    assert book.take("b").results == {}


def test_a_skip_takes_effect_once(operate: Operate) -> None:
    book = operate([step("a"), step("b", "a")])
    assert book.skip("a")

    assert book.skip("a") == ()


def test_a_join_that_is_skipped_early_lets_its_successors_start_at_once(operate: Operate) -> None:
    book = operate([step("a"), step("b"), step("j", "a", "b"), step("k", "j")])
    book.done("a")

    told = book.skip("j")

    assert [near.step for near in told[0].hops] == ["k"]
    book.done("k", "b")
    book.settle()
    assert book.state() == RunState.SUCCEEDED
    assert book.claim("j") is Refusal.GONE


def test_the_last_step_is_skipped_and_the_run_has_succeeded(operate: Operate) -> None:
    book = operate([step("a")])

    told = book.skip("a")

    assert told[0].run_state is RunState.SUCCEEDED


def test_a_running_step_is_not_skipped(operate: Operate) -> None:
    book = operate([step("a")])
    book.take("a")

    with pytest.raises(Refused, match="step 'a' is running: wait for its end"):
        book.skip("a")


def test_a_step_that_has_succeeded_is_not_skipped(operate: Operate) -> None:
    book = operate([step("a"), step("b", "a")])
    book.done("a")

    with pytest.raises(Refused, match="step 'a' has succeeded"):
        book.skip("a")


def test_a_failed_run_goes_on_without_the_step_that_failed_it(operate: Operate) -> None:
    book = operate([step("a"), step("b", "a"), step("c", "b"), step("z", "a")])
    book.done("a")
    book.failed("b")
    assert book.state() == RunState.FAILED

    assert book.skip("b")

    assert book.states() == {"a": "succeeded", "b": "skipped", "c": "ready", "z": "ready"}
    book.done("c", "z")
    assert book.state() == RunState.SUCCEEDED
    assert book.skip("b") == ()


def test_a_run_whose_last_step_failed_it_succeeds_without_it(operate: Operate) -> None:
    book = operate([step("a"), step("b", "a")])
    book.done("a")
    book.failed("b")

    book.skip("b")
    book.settle()

    assert book.state() == RunState.SUCCEEDED


def test_a_retry_leaves_skipped_what_somebody_skipped(operate: Operate) -> None:
    book = operate([step("a"), step("b", "a"), step("c", "b")])
    book.skip("b")
    book.failed("a")

    book.retry()

    assert book.states() == {"a": "ready", "b": "skipped", "c": "ready"}


def test_a_run_that_succeeded_holds_nothing_up(operate: Operate) -> None:
    book = operate([step("a") | {"critical": False}])
    book.failed("a", TOLERATED)

    with pytest.raises(Refused, match="has succeeded: no step of it holds anything up"):
        book.skip("a")


def test_a_paused_run_takes_the_skip_and_starts_nothing(operate: Operate) -> None:
    book = operate([step("a"), step("b", "a")])
    book.pause()

    told = book.skip("a")

    assert told[0].hops == ()
    assert book.states()["b"] == "ready"
    assert book.claim("b") is Refusal.PAUSED


def test_whoever_ends_last_though_all_after_it_have_ended_says_so(operate: Operate) -> None:
    book = operate([step("a"), step("j", "a")])
    book.skip("j")

    told = book.record(book.take("a"))

    assert told.settle
    assert book.settle().run_state is RunState.SUCCEEDED
