"""Any DAG: each step runs once, when its own predecessors are done, with their results."""

from random import Random
from typing import Any

import pytest

from orchestrator import RunState, StepState
from orchestrator.ledger.tables import WIDE_JOIN
from tests.integration.installation import Installation
from tests.waiting import eventually

Steps = list[dict[str, Any]]


def note(name: str, *after: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "task": "toy.note", "after": after, **more}


def nap(name: str, seconds: float, *after: str) -> dict[str, Any]:
    return note(name, *after, inputs={"seconds": seconds})


def random_dag(seed: int, size: int) -> Steps:
    rng = Random(seed)
    steps = [
        note(
            f"s{place}", *(f"s{p}" for p in rng.sample(range(place), rng.randint(0, min(place, 4))))
        )
        for place in range(size)
    ]
    rng.shuffle(steps)
    return steps


def assert_each_once_and_in_order(toy: Installation, run: Any, steps: Steps) -> None:
    starts = toy.diary(run, "start")
    ends = {entry.step: entry.at for entry in toy.diary(run, "end")}
    assert sorted(entry.step for entry in starts) == sorted(step["name"] for step in steps)
    begun = {entry.step: entry.at for entry in starts}
    early = [
        (step["name"], before)
        for step in steps
        for before in step["after"]
        if begun[step["name"]] < ends[before]
    ]
    assert early == []


def test_in_an_n_a_step_starts_when_its_own_predecessors_are_done(toy: Installation) -> None:
    run = toy.succeed(
        [
            nap("quick", 0),
            nap("slow", 1),
            note("of_quick", "quick"),
            note("of_both", "quick", "slow"),
        ]
    )

    at = {(entry.step, entry.event): entry.at for entry in toy.diary(run)}
    assert at["of_quick", "end"] < at["slow", "end"] <= at["of_both", "start"]
    assert at["of_quick", "start"] - at["quick", "end"] < 0.5
    assert at["of_both", "start"] - at["slow", "end"] < 0.5


@pytest.mark.parametrize("seed", [1, 2])
def test_a_random_dag_runs_each_step_once_and_in_order(toy: Installation, seed: int) -> None:
    steps = random_dag(seed, 120)

    run = toy.succeed(steps, within=40)

    assert_each_once_and_in_order(toy, run, steps)


def test_a_wide_fan_out_joins_though_its_join_is_not_counted(toy: Installation) -> None:
    width = 300
    steps = [note("first"), *(note(f"s{n}", "first") for n in range(width))]
    steps.append(note("last", *(f"s{n}" for n in range(width))))

    run = toy.succeed(steps, within=40)

    assert width > WIDE_JOIN
    assert_each_once_and_in_order(toy, run, steps)


def test_a_chain_of_fifty_runs_in_order(toy: Installation) -> None:
    steps = [note("s0"), *(note(f"s{n}", f"s{n - 1}") for n in range(1, 50))]

    run = toy.succeed(steps)

    assert [e.step for e in toy.diary(run, "start")] == [step["name"] for step in steps]


def test_thirty_runs_of_ten_steps_go_side_by_side(toy: Installation) -> None:
    steps = random_dag(3, 10)

    runs = [toy.submit(steps) for _ in range(30)]

    for run in runs:
        assert toy.wait(run, within=40).state is RunState.SUCCEEDED
        assert_each_once_and_in_order(toy, run, steps)


def test_results_are_bound_through_a_diamond(toy: Installation) -> None:
    run = toy.succeed(
        [
            {"name": "a", "task": "toy.add", "inputs": {"a": "$input.x", "b": 1}},
            {"name": "b", "task": "toy.add", "inputs": {"a": "$a", "b": 10}},
            {"name": "c", "task": "toy.add", "inputs": {"a": "$a", "b": 100}},
            {"name": "d", "task": "toy.total", "inputs": {"numbers": ["$b", "$c", "$a", 1000]}},
        ],
        run_input={"x": 5},
    )

    assert toy.coordinator.results(run.id) == {"a": 6, "b": 16, "c": 106, "d": 1128}
    assert toy.coordinator.result(run.id) == 1128


def test_decimals_and_dates_arrive_exactly_as_they_left(toy: Installation) -> None:
    run = toy.succeed(
        [
            {
                "name": "quote",
                "task": "toy.quote",
                "inputs": {"net": "$input.net", "day": "2028-02-29"},
            },
            {"name": "describe", "task": "toy.describe", "inputs": {"quoted": "$quote"}},
        ],
        run_input={"net": "12345678901234567890.10"},
    )

    assert toy.coordinator.result(run.id) == (
        "Decimal('12345678901234567890.10') Decimal('0.10') datetime.date(2028, 2, 29) "
        "2026-01-31T23:59:59.999999+00:00"
    )


def test_a_false_condition_skips_and_what_needs_the_result_is_skipped_too(
    toy: Installation,
) -> None:
    run = toy.succeed(
        [
            {"name": "price", "task": "toy.add", "inputs": {"a": 3}},
            {"name": "dear", "task": "toy.add", "inputs": {"a": 1}, "when": "price > 10"},
            {"name": "needs", "task": "toy.add", "inputs": {"a": "$dear", "b": "$price"}},
            {
                "name": "may",
                "task": "toy.optional",
                "inputs": {"value": "$dear", "other": "$price"},
            },
            {"name": "only_after", "task": "toy.add", "inputs": {"a": 1}, "after": ["dear"]},
            {"name": "beside", "task": "toy.add", "inputs": {"a": 2}, "after": ["dear", "price"]},
        ]
    )

    steps = toy.steps(run)
    assert {name: step.state for name, step in steps.items()} == {
        "price": StepState.SUCCEEDED,
        "dear": StepState.SKIPPED,
        "needs": StepState.SKIPPED,
        "may": StepState.SUCCEEDED,
        "only_after": StepState.SKIPPED,
        "beside": StepState.SUCCEEDED,
    }
    assert steps["may"].result == [None, 3]
    assert steps["dear"].reason == "its condition 'price > 10' is false"
    assert steps["needs"].reason == "it needs $dear, and step 'dear' gave no result"
    assert steps["only_after"].reason == "every step it follows was skipped"


def test_a_tolerated_failure_is_a_warning_and_the_run_goes_on(toy: Installation) -> None:
    run = toy.succeed(
        [
            {"name": "extra", "task": "toy.fail", "inputs": {"times": 9}, "critical": False},
            {"name": "may", "task": "toy.optional", "inputs": {"value": "$extra"}},
            {"name": "needs", "task": "toy.add", "inputs": {"a": "$extra"}},
            {"name": "warned", "task": "toy.warn", "after": ["extra"]},
        ]
    )

    assert sorted(run.warnings) == [
        "extra: NotYet: failure 1 of 9",
        "warned: the price list is old",
    ]
    steps = toy.steps(run)
    assert steps["extra"].state is StepState.FAILED
    assert steps["may"].result == [None, 7]
    assert steps["needs"].state is StepState.SKIPPED


def test_a_failure_cancels_what_is_open_and_lets_what_runs_finish(toy: Installation) -> None:
    gate, trigger = toy.gate("failure"), toy.gate("trigger")
    run = toy.submit(
        [
            {"name": "holds", "task": "toy.hold", "inputs": {"until": str(gate)}},
            {"name": "beside", "task": "toy.hold", "inputs": {"until": str(trigger)}},
            {"name": "fails", "task": "toy.fail", "inputs": {"times": 9}, "after": ["beside"]},
            note("open", "holds"),
            note("join", "holds", "fails"),
        ]
    )
    toy.until_started(run, "holds")
    toy.until_started(run, "beside")
    trigger.touch()

    def is_failing() -> bool:
        return {name: step.state for name, step in toy.steps(run).items()} == {
            "holds": StepState.RUNNING,
            "beside": StepState.SUCCEEDED,
            "fails": StepState.FAILED,
            "open": StepState.CANCELLED,
            "join": StepState.CANCELLED,
        }

    eventually(is_failing)
    assert not toy.coordinator.run(run.id).state.is_final
    gate.touch()

    ended = toy.wait(run)

    assert ended.state is RunState.FAILED
    assert ended.error == "step 'fails' failed: NotYet: failure 1 of 9"
    steps = toy.steps(run)
    assert steps["holds"].state is StepState.SUCCEEDED
    assert steps["open"].reason == "step 'fails' failed"


def test_a_result_that_is_too_large_fails_with_its_size_and_the_way_out(toy: Installation) -> None:
    run = toy.run([{"name": "big", "task": "toy.big", "inputs": {"size": 300_000}}])

    assert run.state is RunState.FAILED
    assert run.error is not None
    assert "300,002 bytes" in run.error
    assert "ORCHESTRATOR_RESULT_LIMIT_BYTES" in run.error
