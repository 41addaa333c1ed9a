"""An attempt that runs too long is told so, then its process is ended; the pool goes on."""

import psutil
import pytest

from orchestrator import RunState, StepState
from tests.integration.installation import Installation
from tests.waiting import eventually


def is_gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_at_the_soft_limit_a_step_can_tidy_up_and_fails(toy: Installation) -> None:
    run = toy.run([{"name": "long", "task": "toy.tidy", "timeout": {"soft": 0.5, "hard": 10}}])

    assert run.state is RunState.FAILED
    assert run.error == "step 'long' failed: StepTimedOut: step 'long' ran longer than its 0.5 s"
    start, tidied = toy.diary(run)
    assert tidied.event == "tidied"
    # Counted from when the process was given the message, a moment before the function began.
    assert tidied.at - run.submitted_at.timestamp() >= 0.5
    assert tidied.at - start.at < 3
    assert not is_gone(start.pid)


@pytest.mark.parametrize("task", ["toy.hang", "toy.persist"])
def test_at_the_hard_limit_the_process_of_a_step_is_ended(toy: Installation, task: str) -> None:
    run = toy.run([{"name": "hangs", "task": task, "timeout": {"soft": 0.3, "hard": 0.8}}])

    assert run.state is RunState.FAILED
    assert "ran longer than its 0.8 s, and its process was ended" in (run.error or "")
    (start,) = toy.diary(run)
    eventually(lambda: is_gone(start.pid))
    after = toy.succeed([{"name": "next", "task": "toy.note"}])
    assert toy.steps(after)["next"].state is StepState.SUCCEEDED


def test_a_step_that_hung_is_tried_again_if_it_may_be(toy: Installation) -> None:
    run = toy.succeed(
        [
            {
                "name": "hangs_once",
                "task": "toy.hang",
                "inputs": {"attempts": 1},
                "timeout": {"soft": 0.3, "hard": 0.8},
                "retry": {"max_attempts": 2, "backoff": 0.05},
            }
        ]
    )

    step = toy.steps(run)["hangs_once"]
    assert (step.attempts, step.result) == (2, 2)


def test_both_processes_may_be_ended_and_the_pool_goes_on(toy: Installation) -> None:
    hang = {"task": "toy.hang", "timeout": {"soft": 0.3, "hard": 0.8}, "critical": False}

    run = toy.succeed([{"name": f"hangs{n}", **hang} for n in range(3)])

    assert len(run.warnings) == 3
    toy.succeed([{"name": f"s{n}", "task": "toy.note"} for n in range(4)])


def test_a_step_in_time_leaves_nothing_of_its_timeout_behind(toy: Installation) -> None:
    run = toy.succeed(
        [
            {"name": "quick", "task": "toy.note", "timeout": 1},
            {"name": "slow", "task": "toy.note", "inputs": {"seconds": 1.5}, "after": ["quick"]},
        ]
    )

    assert [step.attempts for step in toy.steps(run).values()] == [1, 1]
