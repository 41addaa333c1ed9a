"""Retrying a run: what is done again, what is kept, and what is refused."""

import pytest

from orchestrator import RunState
from orchestrator.errors import Refused, StepNotFound
from orchestrator.ledger import outbox
from orchestrator.ledger.flow.outcome import Outcome
from orchestrator.ledger.flow.refusals import Refusal
from orchestrator.ledger.tables import WIDE_JOIN, runs, steps
from orchestrator.states import StepState
from tests.integration.book import step
from tests.integration.verbs import FAILED, TOLERATED, Operate, Operated

SKIPPED = Outcome(StepState.SKIPPED, reason="its condition is false")


@pytest.fixture
def diamond(operate: Operate) -> Operated:
    """Steps a, then b and c, then d, then e."""
    return operate([step("a"), step("b", "a"), step("c", "a"), step("d", "b", "c"), step("e", "d")])


def test_a_run_goes_on_from_the_step_that_failed_it(diamond: Operated) -> None:
    diamond.done("a", "c")
    diamond.failed("b")
    assert diamond.state() == RunState.FAILED

    assert diamond.retry()

    assert diamond.state() == RunState.RUNNING
    assert diamond.states() == {
        "a": "succeeded",
        "b": "ready",
        "c": "succeeded",
        "d": "pending",
        "e": "pending",
    }
    assert diamond.column("missing")["d"] == 1
    diamond.done("b", "d", "e")
    assert diamond.state() == RunState.SUCCEEDED


def test_a_retry_takes_effect_once(diamond: Operated) -> None:
    diamond.failed("a")
    assert diamond.retry()

    assert diamond.retry() == ()
    assert diamond.events("run.retried", "step.reset").count(("run.retried", None)) == 1


def test_a_retry_says_who_and_why(diamond: Operated) -> None:
    diamond.failed("a")
    diamond.retry()

    assert diamond.said("run.retried") == {
        "state": "running",
        "steps": ["a", "b", "c", "d", "e"],
        "by": "a test",
        "reason": "to see",
    }
    assert diamond.said("step.reset")["by"] == "a test"


def test_attempts_go_on_counting_and_failures_begin_anew(diamond: Operated) -> None:
    diamond.failed("a")
    diamond.retry()

    claimed = diamond.take("a", attempt=2)

    assert (claimed.attempt, claimed.failures) == (2, 0)


def test_a_join_of_a_retried_run_is_told_by_a_hop(diamond: Operated) -> None:
    diamond.done("a", "c")
    diamond.failed("b")
    diamond.retry()

    told = diamond.record(diamond.take("b", attempt=2))

    assert [near.step for near in told.hops] == ["d"]
    assert told.joins == ()


def test_a_message_from_before_the_retry_comes_too_early(diamond: Operated) -> None:
    diamond.done("a", "c")
    diamond.failed("b")
    diamond.retry()

    assert diamond.claim("d") is Refusal.TOO_EARLY
    assert diamond.claim("b", attempt=1) is Refusal.DUPLICATE


def test_a_cancelled_run_can_be_retried(diamond: Operated) -> None:
    diamond.done("a")
    diamond.cancel()
    assert diamond.state() == RunState.CANCELLED

    assert diamond.retry()

    diamond.done("b", "c", "d", "e")
    assert diamond.state() == RunState.SUCCEEDED


def test_a_run_that_succeeded_has_nothing_to_retry(diamond: Operated) -> None:
    diamond.done("a", "b", "c", "d", "e")

    assert diamond.retry() == ()
    assert diamond.state() == RunState.SUCCEEDED


def test_a_named_step_is_done_again_though_it_succeeded(diamond: Operated) -> None:
    diamond.done("a", "b", "c", "d", "e")

    assert diamond.retry("d")

    assert diamond.states()["e"] == "succeeded"
    assert diamond.take("d", attempt=2).undoings == 1  # its effect has a key of its own


def test_onwards_all_that_follows_is_done_again(diamond: Operated) -> None:
    diamond.done("a", "b", "c", "d", "e")

    assert diamond.retry("b", onwards=True)

    assert diamond.states() == {
        "a": "succeeded",
        "b": "ready",
        "c": "succeeded",
        "d": "pending",
        "e": "pending",
    }
    diamond.done("b", "d", "e")
    assert diamond.state() == RunState.SUCCEEDED


def test_a_failure_that_would_stay_is_named(operate: Operate) -> None:
    book = operate([step("a"), step("b"), step("c", "a", "b")])
    first, second = book.take("a"), book.take("b")
    book.record(first, FAILED)
    book.record(second, FAILED)
    book.settle()

    with pytest.raises(Refused, match="failed by step 'b' too: name it as well, or skip it"):
        book.retry("a")

    assert book.state() == RunState.FAILED
    assert book.retry("a", "b")


def test_what_was_skipped_after_a_retried_step_is_looked_at_again(operate: Operate) -> None:
    book = operate([step("a") | {"critical": False}, step("b", "a"), step("z")])
    book.failed("a", TOLERATED)
    book.record(book.take("b"), SKIPPED)
    book.done("z")
    assert book.state() == RunState.SUCCEEDED

    assert book.retry("a")

    assert book.states() == {"a": "ready", "b": "pending", "z": "succeeded"}


def test_a_tolerated_failure_is_retried_while_nothing_went_on_from_it(operate: Operate) -> None:
    book = operate([step("a") | {"critical": False}, step("z"), step("j", "a", "z")])
    book.failed("a", TOLERATED)
    assert book.column("missing")["j"] == 1

    assert book.retry("a")

    assert book.column("missing")["j"] == 2
    assert book.retry("a") == ()
    book.done("z")
    assert book.states()["j"] == "pending"
    book.done("a")
    assert book.states()["j"] == "queued"


def test_a_tolerated_failure_that_others_went_on_from_is_left_to_the_end(operate: Operate) -> None:
    book = operate([step("a") | {"critical": False}, step("b", "a"), step("z")])
    book.failed("a", TOLERATED)
    book.done("b")

    with pytest.raises(Refused, match="step 'b' went on from there and is succeeded: wait until"):
        book.retry("a")


def test_a_run_that_is_about_to_end_is_not_retried(diamond: Operated) -> None:
    diamond.done("a")
    running = diamond.take("b")
    diamond.cancel()

    with pytest.raises(Refused, match="is about to be cancelled: wait until it is"):
        diamond.retry()

    diamond.record(running)
    diamond.settle()
    assert diamond.retry()


def test_an_unknown_step_is_told_with_the_nearest_name(operate: Operate) -> None:
    book = operate([step("charge")])

    with pytest.raises(StepNotFound, match="has no step 'chrge', did you mean 'charge'"):
        book.retry("chrge")


def test_a_join_too_wide_to_be_counted_is_counted_after_a_retry(operate: Operate) -> None:
    many = [f"s{n}" for n in range(WIDE_JOIN + 2)]
    book = operate([*(step(name) for name in many), step("j", *many)])
    book.done(*many[1:])
    book.failed(many[0])

    book.retry()

    assert book.column("missing")["j"] == 1
    assert book.claim("j") is Refusal.TOO_EARLY
    # Nor by a maintenance that had found all of them final just before.
    assert not outbox.release_join(book.ledger, book.run_id, "j", many[1:], idle=-1)
    book.done(many[0], "j")
    assert book.state() == RunState.SUCCEEDED


def test_a_preferred_order_is_kept_in_a_retry(operate: Operate) -> None:
    book = operate([step("a"), step("b") | {"prefer_after": ["a"]}])
    book.cancel()

    book.retry()

    assert book.states() == {"a": "ready", "b": "waiting"}
    book.done("a")
    assert book.states()["b"] == "queued"


def test_of_a_join_of_any_only_what_is_needed_is_waited_for(operate: Operate) -> None:
    book = operate([step("a"), step("b"), step("j", "a", "b") | {"join": "any"}, step("k", "j")])
    book.done("a", "j")
    book.failed("k")
    assert book.states()["b"] == "cancelled"

    book.retry("k")

    assert book.states() == {"a": "succeeded", "b": "ready", "j": "succeeded", "k": "ready"}


def test_a_gated_run_waits_for_its_session_after_a_retry_too(operate: Operate) -> None:
    book = operate([step("a"), step("b", "a")])
    book.change(runs, gated=True, session_id="s")
    book.change(steps, generation=0)
    book.cancel()

    told = book.retry()

    assert told[-1].session == "s"
    assert book.column("generation") == {"a": 2, "b": 2}
    assert book.claim("a") is Refusal.NOT_ADMITTED
