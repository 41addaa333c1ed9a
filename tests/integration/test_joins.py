"""When a step with several predecessors starts, and when it rather waits a little."""

import time
from typing import Any

import pytest

from orchestrator import RunState, StepState
from tests.integration.installation import Installation
from tests.waiting import eventually


def note(name: str, *after: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "task": "toy.note", "after": after, **more}


def hold(toy: Installation, name: str, *after: str, **more: Any) -> dict[str, Any]:
    inputs = {"until": str(toy.gate(f"{name}-{time.time_ns()}"))}
    return {"name": name, "task": "toy.hold", "after": after, "inputs": inputs, **more}


def open_gate(step: dict[str, Any]) -> None:
    with open(step["inputs"]["until"], "w"):  # noqa: PTH123 - the toy waits for this very path
        pass


def skipped(name: str, *after: str) -> dict[str, Any]:
    return note(name, *after, when="False")


def test_any_starts_with_the_first_success(toy: Installation) -> None:
    slow = hold(toy, "slow")
    run = toy.submit([slow, note("quick"), note("first", "slow", "quick", join="any")])

    toy.until_started(run, "first")
    toy.until_started(run, "slow")  # its process may have been slower than three steps of another

    assert toy.steps(run)["slow"].state is StepState.RUNNING
    open_gate(slow)
    assert toy.wait(run).state is RunState.SUCCEEDED
    assert len([e for e in toy.diary(run, "start") if e.step == "first"]) == 1


def test_two_of_three_start_with_the_second_success(toy: Installation) -> None:
    slow = hold(toy, "slow")
    preds = ("slow", "one", "no", "two")
    run = toy.submit(
        [slow, note("one"), skipped("no"), note("two"), note("enough", *preds, join=2)]
    )

    toy.until_started(run, "enough")
    toy.until_started(run, "slow")

    assert toy.steps(run)["slow"].state is StepState.RUNNING
    open_gate(slow)
    assert toy.wait(run).state is RunState.SUCCEEDED


def test_a_number_that_cannot_be_reached_any_more_skips_the_step(toy: Installation) -> None:
    run = toy.succeed(
        [note("one"), skipped("no"), skipped("nor"), note("two", "one", "no", "nor", join=2)]
    )

    step = toy.steps(run)["two"]
    assert step.state is StepState.SKIPPED
    assert step.reason == "no more than 1 of the steps it follows can succeed, and it needs 2"


def test_all_succeeded_skips_where_one_did_not(toy: Installation) -> None:
    run = toy.succeed(
        [note("one"), skipped("no"), note("strict", "one", "no", join="all_succeeded")]
    )

    step = toy.steps(run)["strict"]
    assert step.state is StepState.SKIPPED
    assert step.reason == "step 'no' is skipped, not succeeded"


def test_all_done_runs_though_all_before_it_were_skipped(toy: Installation) -> None:
    run = toy.succeed([skipped("no"), skipped("nor"), note("last", "no", "nor", join="all_done")])

    assert toy.steps(run)["last"].state is StepState.SUCCEEDED


def test_all_done_runs_after_a_tolerated_failure(toy: Installation) -> None:
    fails = {"name": "fails", "task": "toy.fail_for_good", "critical": False}

    run = toy.succeed([fails, note("tidy", "fails", join="all_done")])

    assert toy.steps(run)["tidy"].state is StepState.SUCCEEDED


def test_a_preferred_order_is_kept_where_it_costs_little(toy: Installation) -> None:
    slow = hold(toy, "slow")
    run = toy.submit([slow, note("rather_later", prefer_after=["slow"])])
    toy.until_started(run, "slow")

    assert not [e for e in toy.diary(run) if e.step == "rather_later"]
    open_gate(slow)

    assert toy.wait(run).state is RunState.SUCCEEDED
    order = [e.step for e in toy.diary(run, "start")]
    assert order == ["slow", "rather_later"]


def test_a_preferred_order_costs_no_waiting_without_end(toy: Installation) -> None:
    slow = hold(toy, "slow")
    patient = note("patient", "before", prefer_after=["slow"], patience=0.5)
    run = toy.submit([slow, note("before"), patient])

    waiting = eventually(
        lambda: [s for s in [toy.steps(run)["patient"]] if s.state is StepState.WAITING]
    )[0]
    toy.until_started(run, "patient")

    assert waiting.reason == "it rather follows slow, and waits for that at most 0.5 s"
    assert toy.steps(run)["slow"].state is StepState.RUNNING
    open_gate(slow)
    assert toy.wait(run).state is RunState.SUCCEEDED


@pytest.mark.parametrize("kind", ["any", 3])
def test_a_wide_join_by_policy_starts_once(toy: Installation, kind: str | int) -> None:
    fan = [note(f"s{n}") for n in range(80)]
    run = toy.succeed([*fan, note("join", *(s["name"] for s in fan), join=kind)], within=40)

    assert len([e for e in toy.diary(run, "start") if e.step == "join"]) == 1
