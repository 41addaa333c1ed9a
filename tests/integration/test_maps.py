"""One branch for each element of a list that is known only at run time."""

from collections import Counter
from typing import Any

import pytest

from orchestrator import RunState, StepState, Workflow
from tests.integration.installation import Factory, Installation


def mapped(over: Any, task: str = "toy.anything", **more: Any) -> dict[str, Any]:
    policy = {key: more.pop(key) for key in ("limit", "on_error") if key in more}
    inputs = more.pop("inputs", {"value": "$item"})
    return {"name": "each", "task": task, "inputs": inputs, "map": {"over": over, **policy}, **more}


def submit(toy: Installation, steps: list[dict[str, Any]], items: list[Any]) -> Any:
    workflow = Workflow.model_validate({"name": "maps", "steps": steps})
    return toy.coordinator.submit(workflow, {"items": items})


@pytest.mark.parametrize("size", [0, 1, 7])
def test_results_come_in_the_order_of_the_list(toy: Installation, size: int) -> None:
    total = {"name": "total", "task": "toy.total", "inputs": {"numbers": "$each"}}
    inputs = {"a": "$item", "b": "$index"}
    steps = [mapped("$input.items", "toy.add", inputs=inputs), total]

    run = toy.wait(submit(toy, steps, [10 * n for n in range(size)]))

    assert run.state is RunState.SUCCEEDED, run.error
    assert toy.coordinator.results(run.id)["each"] == [11 * n for n in range(size)]
    assert toy.coordinator.results(run.id)["total"] == sum(11 * n for n in range(size))


def test_a_map_goes_over_what_an_earlier_step_gave(toy: Installation) -> None:
    source = {"name": "source", "task": "toy.anything", "inputs": {"value": {"list": [3, 1, 2]}}}

    run = toy.succeed([source, mapped("$source.list")])

    assert toy.coordinator.result(run.id) == [3, 1, 2]


def test_only_so_many_elements_are_in_flight(toy: Installation) -> None:
    naps = mapped(list(range(6)), "toy.note", limit=1, inputs={"seconds": 0.05})

    run = toy.succeed([naps])

    spans = sorted((e.at, e.event) for e in toy.diary(run))
    assert [event for _, event in spans] == ["start", "end"] * 6


def test_the_first_failed_element_fails_the_step_and_those_that_wait_never_start(
    toy: Installation,
) -> None:
    failing = mapped(list(range(50)), "toy.fail", limit=2, inputs={"times": 1})

    run = toy.run([failing, {"name": "after", "task": "toy.note", "after": ["each"]}])

    assert run.state is RunState.FAILED
    assert run.error is not None
    assert run.error.startswith("step 'each' failed: NotYet: element ")
    elements = toy.coordinator.steps(run.id, elements=True)
    states = Counter(step.state for step in elements if "[" in step.name)
    assert states[StepState.CANCELLED] >= 46
    assert states[StepState.FAILED] >= 1


def test_a_gathering_map_goes_on_and_says_which_elements_failed(toy: Installation) -> None:
    times = [1, 0, 1]
    gathering = mapped(times, "toy.fail", on_error="gather", inputs={"times": "$item"})

    run = toy.succeed([gathering])

    gathered = toy.coordinator.result(run.id)
    assert gathered["results"] == [None, 1, None]
    assert [(e["index"], e["type"]) for e in gathered["errors"]] == [(0, "NotYet"), (2, "NotYet")]


def test_a_tolerated_map_that_fails_is_a_warning(toy: Installation) -> None:
    failing = mapped([1], "toy.fail", critical=False, inputs={"times": 1})

    run = toy.succeed([failing, {"name": "after", "task": "toy.note", "after": ["each"]}])

    assert run.warnings == ("each: NotYet: element 0: failure 1 of 1",)
    assert toy.steps(run)["after"].state is StepState.SUCCEEDED


def test_an_element_is_retried_like_any_step(toy: Installation) -> None:
    retry = {"max_attempts": 2, "backoff": 0.05}
    run = toy.succeed([mapped([1, 1], "toy.fail", retry=retry, inputs={"times": 1})])

    assert toy.coordinator.result(run.id) == [2, 2]


def test_what_is_no_list_fails_the_map(toy: Installation) -> None:
    source = {"name": "source", "task": "toy.anything", "inputs": {"value": "text"}}

    run = toy.run([source, mapped("$source")])

    assert run.error == (
        "step 'each' failed: InputMismatch: the map of step 'each' goes over a list, not 'text'"
    )


def test_a_map_whose_condition_is_false_is_skipped(toy: Installation) -> None:
    source = {"name": "source", "task": "toy.anything", "inputs": {"value": [1]}}

    run = toy.succeed([source, mapped("$source", when="len(source) > 1")])

    assert toy.steps(run)["each"].state is StepState.SKIPPED


def test_a_killed_element_is_done_again_and_only_it(install: Factory) -> None:
    toy = install()
    toy.start_pool()
    toy.start_maintenance()
    dies = mapped([0, 1, 0], "toy.die", inputs={"times": "$item"})

    run = toy.succeed([dies])

    assert toy.coordinator.result(run.id) == [1, 2, 1]


@pytest.mark.timeout(600)
@pytest.mark.parametrize("size", [300, pytest.param(10_000, marks=pytest.mark.slow)])
def test_a_long_map_ends_with_each_element_once(toy: Installation, size: int) -> None:
    each = mapped("$input.items", "toy.add", inputs={"a": "$item"})

    run = toy.wait(submit(toy, [each], list(range(size))), within=500)

    assert run.state is RunState.SUCCEEDED, run.error
    assert toy.coordinator.result(run.id) == list(range(size))
    attempts = Counter(s.attempts for s in toy.coordinator.steps(run.id, elements=True))
    assert attempts == {1: size + 1}


@pytest.mark.parametrize("size", [0, 1, 3])
def test_a_map_gives_its_part_to_the_join_after_it(install: Factory, size: int) -> None:
    made = install()
    made.start_pool()  # and no maintenance, which would start the join some seconds later
    beside = {"name": "beside", "task": "toy.note"}
    join = {"name": "join", "task": "toy.note", "after": ["each", "beside"]}

    run = made.submit([mapped(list(range(size))), beside, join])

    assert made.wait(run).state is RunState.SUCCEEDED
