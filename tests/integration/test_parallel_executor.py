"""Lists of tasks done by real pools, as far side by side as their dependencies allow."""

from typing import Any

import pytest

from orchestrator import CycleDetectedError, DAGValidationError, RunState, StepState
from orchestrator.errors import UnknownTask
from orchestrator.facade.parallel import ParallelExecutor
from orchestrator.states import ExecutionMode
from tests.integration.installation import Installation
from tests.waiting import eventually

NAP = {"task": "toy.note", "inputs": {"seconds": 0.3}}


def test_tasks_give_their_results_by_name(toy: Installation) -> None:
    with ParallelExecutor(toy.coordinator) as executor:
        results = executor.execute_tasks(
            [
                {"name": "one", "task": "toy.add", "inputs": {"a": 1, "b": 2}},
                {"name": "two", "task": "toy.add", "inputs": {"a": 10}},
                {"name": "both", "task": "toy.add", "inputs": {"a": "$one", "b": "$two"}},
                {"name": "last", "task": "toy.note", "depends_on": ["both"], "timeout": 5},
            ],
            timeout=20,
        )

    assert list(results) == ["one", "two", "both", "last"]
    assert {name: result.result for name, result in results.items()} == {
        "one": 3,
        "two": 10,
        "both": 13,
        "last": "last",
    }
    last = results["last"]
    assert last.success
    assert (last.status, last.attempts, last.error) == (StepState.SUCCEEDED, 1, None)
    assert last.started_at is not None
    assert results["both"].ended_at is not None
    assert last.started_at >= results["both"].ended_at
    assert last.duration is not None
    assert last.duration >= 0


def test_independent_tasks_run_side_by_side(toy: Installation) -> None:
    tasks = [{"name": name, **NAP} for name in ("a", "b")]
    with ParallelExecutor(toy.coordinator) as executor:
        results = executor.execute_tasks(tasks, timeout=20)

    a, b = results["a"], results["b"]
    assert a.started_at is not None
    assert a.ended_at is not None
    assert b.started_at is not None
    assert b.ended_at is not None
    assert max(a.started_at, b.started_at) < min(a.ended_at, b.ended_at)


def test_a_failure_skips_what_depends_on_it_and_nothing_else(toy: Installation) -> None:
    with ParallelExecutor(toy.coordinator) as executor:
        results = executor.execute_tasks(
            [
                {"name": "bad", "task": "toy.fail_for_good"},
                {"name": "needs_it", "task": "toy.note"},
                {"name": "uses_it", "task": "toy.add", "inputs": {"a": "$bad"}},
                {"name": "after_both", "task": "toy.note", "depends_on": ["needs_it"]},
                {"name": "good", "task": "toy.note"},
                {
                    "name": "in_the_end",
                    "task": "toy.fail",
                    "inputs": {"times": 1},
                    "retry": {"max_attempts": 2, "backoff": 0.01},
                },
            ],
            {"needs_it": ["bad", "good"]},
            timeout=20,
        )

    assert {name: str(result.status) for name, result in results.items()} == {
        "bad": "failed",
        "needs_it": "skipped",
        "uses_it": "skipped",
        "after_both": "skipped",
        "good": "succeeded",
        "in_the_end": "succeeded",
    }
    assert results["bad"].error == "DoNotRetry: this customer does not exist"
    assert results["needs_it"].error == "step 'bad' is failed, not succeeded"
    assert (results["needs_it"].attempts, results["needs_it"].duration) == (0, None)
    assert results["in_the_end"].attempts == 2
    assert results["in_the_end"].error is None


def test_whoever_leaves_too_early_cancels_what_still_runs(toy: Installation) -> None:
    gate = toy.gate("left")
    tasks: list[dict[str, Any]] = [
        {"name": "held", "task": "toy.hold", "inputs": {"until": str(gate)}},
        {"name": "never", "task": "toy.note", "depends_on": ["held"]},
    ]
    with (
        pytest.raises(TimeoutError, match="workflow 'tasks' is"),
        ParallelExecutor(toy.coordinator) as executor,
    ):
        executor.execute_tasks(tasks, timeout=1)
    gate.touch()

    (run,) = toy.coordinator.runs(workflow="tasks", limit=1)
    eventually(lambda: toy.coordinator.run(run.id).state is RunState.CANCELLED)
    assert toy.steps(run)["never"].state is StepState.CANCELLED


def test_tasks_of_a_session_follow_its_mode(toy: Installation) -> None:
    session = toy.coordinator.create_session("one by one", ExecutionMode.SEQUENTIAL)
    with ParallelExecutor(toy.coordinator, session_id=session.id) as executor:
        results = executor.execute_tasks([{"name": n, **NAP} for n in "ab"], timeout=20)

    assert results["b"].started_at is not None
    assert results["a"].ended_at is not None
    assert results["b"].started_at >= results["a"].ended_at


def test_what_does_not_hold_together_is_refused_before_anything_runs(toy: Installation) -> None:
    circle = [{"name": name, "task": "toy.note"} for name in "ab"]
    with ParallelExecutor(toy.coordinator) as executor:
        with pytest.raises(CycleDetectedError):
            executor.execute_tasks(circle, {"a": ["b"], "b": ["a"]})
        with pytest.raises(DAGValidationError, match="'nowhere'"):
            executor.execute_tasks([{"name": "a", "task": "toy.note", "depends_on": ["nowhere"]}])
        with pytest.raises((UnknownTask, DAGValidationError), match=r"toy\.nothing"):
            executor.execute_tasks([{"name": "a", "task": "toy.nothing"}])
        assert executor.execute_tasks([]) == {}
