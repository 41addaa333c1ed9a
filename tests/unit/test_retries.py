"""What becomes of a step whose attempt raised, decided without a ledger."""

import pytest
from typing_extensions import override

from orchestrator import DoNotRetry, Retry, Step, StepState
from orchestrator.errors import InputMismatch, WorkersLost
from orchestrator.retries import is_retried, outcome_of

STEP = Step(name="charge", task="billing.charge_card", retry=Retry(max_attempts=3, jitter=0))


class Unspeakable(Exception):
    @override
    def __str__(self) -> str:
        raise RuntimeError("no words")


def message_of(error: Exception) -> str:
    failure = outcome_of(error, STEP, failures=3).failure
    assert failure is not None
    return failure.message


def test_an_attempt_that_may_be_followed_waits_and_says_for_how_long():
    outcome = outcome_of(ConnectionError("away"), STEP, failures=2)

    assert outcome.state is StepState.WAITING
    assert outcome.due_in == 2.0
    assert outcome.reason == "attempt 2 failed (ConnectionError); the next of 3 follows in 2.0 s"


def test_the_last_attempt_fails_the_step():
    outcome = outcome_of(ConnectionError("away"), STEP, failures=3)

    assert (outcome.state, outcome.ends_run) == (StepState.FAILED, True)


@pytest.mark.parametrize("final", [DoNotRetry, InputMismatch, WorkersLost])
def test_what_would_come_out_the_same_is_not_tried_again(final):
    assert not is_retried(final("no"), STEP.retry, failures=1)


def test_only_the_errors_that_are_named_and_those_below_them_are_retried():
    retry = Retry(max_attempts=3, on=("OSError",))

    assert is_retried(ConnectionError("away"), retry, failures=1)
    assert not is_retried(ValueError("wrong"), retry, failures=1)


def test_a_message_that_no_database_takes_is_written_so_that_each_does():
    assert message_of(ValueError("a\0b")) == r"a\x00b"
    assert message_of(ValueError("a\udc80b")) == r"a\udc80b"


def test_an_error_without_words_is_told_by_its_class():
    assert message_of(ValueError()) == "ValueError"
    assert message_of(Unspeakable()) == "Unspeakable"
