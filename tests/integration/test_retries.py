"""A failed attempt is followed by another as its step says, and the ledger holds the timer."""

import pytest

from orchestrator import Retry, RunState, StepState
from orchestrator.retries import backoff
from tests.integration.installation import Installation
from tests.waiting import eventually


def failing(times: int, **retry: object) -> list[dict[str, object]]:
    return [{"name": "fails", "task": "toy.fail", "inputs": {"times": times}, "retry": retry}]


def test_a_step_is_tried_again_until_it_succeeds(toy: Installation) -> None:
    run = toy.succeed(failing(2, max_attempts=3, backoff=0.05))

    step = toy.steps(run)["fails"]
    assert (step.attempts, step.result) == (3, 3)
    assert [entry.attempt for entry in toy.diary(run, "start")] == [1, 2, 3]


def test_the_last_failure_is_the_runs_error(toy: Installation) -> None:
    run = toy.run(failing(9, max_attempts=2, backoff=0.05))

    assert run.error == "step 'fails' failed: NotYet: failure 2 of 9"
    error = toy.steps(run)["fails"].error
    assert error is not None
    assert "raise NotYet" in error["traceback"]


def test_leaving_by_sys_exit_is_a_failure_and_no_lost_worker(toy: Installation) -> None:
    run = toy.run([{"name": "leaves", "task": "toy.leave"}])

    assert run.error == "step 'leaves' failed: StepError: step 'leaves' called sys.exit(3)"
    assert len(toy.diary(run, "start")) == 1


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("interrupt", "StepError: step 'odd' raised KeyboardInterrupt()"),
        ("cancelled", "StepError: step 'odd' raised CancelledError()"),
        ("speechless", "Speechless: Speechless"),
        ("unprintable", r"ValueError: a NUL \x00, half a character \ud83d"),
        ("endless", "ValueError: " + "endless " * 500),
    ],
)
def test_whatever_a_task_raises_is_its_failure(toy: Installation, kind: str, said: str) -> None:
    run = toy.run([{"name": "odd", "task": "toy.raise_oddly", "inputs": {"kind": kind}}])

    assert run.error == f"step 'odd' failed: {said}"
    assert len(toy.diary(run, "start")) == 1


def test_the_next_attempt_waits_for_the_backoff_and_not_much_longer(toy: Installation) -> None:
    run = toy.succeed(failing(1, max_attempts=2, backoff=1.0, jitter=0))

    first, second = toy.diary(run, "start")
    assert 1.0 <= second.at - first.at < 2.5


def test_while_a_step_waits_no_message_of_it_is_anywhere(toy: Installation) -> None:
    run = toy.submit(failing(1, max_attempts=2, backoff=1.5))

    waiting = eventually(lambda: toy.steps(run)["fails"].state is StepState.WAITING)

    assert waiting
    assert "NotYet" in (toy.steps(run)["fails"].reason or "")
    eventually(lambda: toy.redis.hlen("unacked") == 0)  # the first attempt's acknowledgement
    assert [key for key in toy.redis.keys("toy*") if toy.redis.llen(key)] == []
    assert toy.steps(run)["fails"].state is StepState.WAITING
    assert toy.wait(run).state is RunState.SUCCEEDED


@pytest.mark.parametrize(
    ("classes", "attempts"),
    [
        (["NotYet"], 3),
        (["Exception"], 3),
        (["ConnectionError"], 1),
        (["ConnectionError", "NotYet"], 3),
    ],
)
def test_only_the_named_errors_and_what_derives_from_them_are_tried_again(
    toy: Installation, classes: list[str], attempts: int
) -> None:
    run = toy.run(failing(9, max_attempts=3, backoff=0.01, on=classes))

    assert toy.steps(run)["fails"].attempts == attempts


def test_do_not_retry_is_final_whatever_the_step_says(toy: Installation) -> None:
    run = toy.run(
        [{"name": "never", "task": "toy.fail_for_good", "retry": {"max_attempts": 5, "backoff": 0}}]
    )

    assert toy.steps(run)["never"].attempts == 1
    assert run.error == "step 'never' failed: DoNotRetry: this customer does not exist"


def test_a_tolerated_step_is_tried_again_before_its_failure_is_a_warning(
    toy: Installation,
) -> None:
    step = {**failing(9, max_attempts=2, backoff=0.01)[0], "critical": False}

    run = toy.succeed([step])

    assert run.warnings == ("fails: NotYet: failure 2 of 9",)


@pytest.mark.parametrize("failures", [1, 2, 5, 400])
def test_jitter_takes_off_its_share_at_most(failures: int) -> None:
    retry = Retry(max_attempts=1000, backoff=0.5, factor=3, max_backoff=60, jitter=0.25)

    longest = backoff(retry, failures, chance=0)
    shortest = backoff(retry, failures, chance=1)

    assert longest == min(60.0, 0.5 * 3.0 ** min(failures - 1, 50))
    assert shortest == pytest.approx(0.75 * longest)
    assert shortest < backoff(retry, failures, chance=0.5) < longest
