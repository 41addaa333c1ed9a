"""What the structure of a workflow says by kind of step: joins, maps, waits, undoings."""

from typing import Any

import pytest
from pydantic import ValidationError

from orchestrator import Step, Workflow
from orchestrator.validation import check


def step(name: str, **fields: Any) -> dict[str, Any]:
    """Write a step; one that is said to be nothing else calls a task."""
    what = {} if {"workflow", "wait_for"} & set(fields) else {"task": "test.step"}
    return {"name": name, **what, **fields}


def problems_of(*steps: dict[str, Any]) -> list[str]:
    return check(Workflow.model_validate({"name": "example", "steps": steps}), None)


ASK = {"person": "head of sales"}
A, B = step("a"), step("b")


@pytest.mark.parametrize(
    "steps",
    [
        (A, B, step("c", after=["a", "b"], join=2)),
        (A, step("c", after=["a"], join=1)),
        (A, step("c", after=["a"], join="all_done")),
        (A, step("c", inputs={"x": "$a"}, join="any")),
        (A, step("c", map="$a.lines", inputs={"line": "$item", "place": "$index"})),
        (step("c", map=[1, 2], inputs={"line": ["$item.sku"]}),),
        (step("c", map="$input.lines", workflow="other", inputs={"line": "$item"}),),
        (step("c", map=[1], compensate={"task": "test.undo", "inputs": {"x": "$item"}}),),
        (A, step("c", after=["a"], compensate={"task": "u.u", "inputs": {"x": "$c", "y": "$a.z"}})),
        (A, B, step("c", after=["a"], prefer_after=["b"], patience="1 min")),
        (A, step("c", inputs={"what": "$a", "any_name": 3}, wait_for={**ASK, "deadline": 60})),
        (A, step("c", wait_for={"timer": "$a.due"}, irrevocable=True, critical=False)),
        (A, step("c", wait_for={"agent": "welding", "heartbeat": 5})),
        (step("c", workflow="other", compensate={"task": "test.undo"}),),
        (step("c", wait_for=ASK, compensate={"task": "test.undo", "inputs": {"x": "$c"}}),),
        (step("c", wait_for={"agent": "welding"}, compensate={"task": "test.undo"}),),
        (step("c", wait_for={**ASK, "deadline": 9, "on_deadline": {"note": "$ 5"}}),),
    ],
)
def test_a_sound_step_of_any_kind_has_no_problems(steps):
    assert problems_of(*steps) == []


@pytest.mark.parametrize(
    ("steps", "sentence"),
    [
        (
            (step("item"),),
            "a step may not be called 'item': in references that is the element of a map",
        ),
        (
            (step("index"),),
            "a step may not be called 'index': in references that is the place of a map's element",
        ),
        ((step("a", prefer_after=["a"]),), "step 'a' prefers to follow itself"),
        (
            (step("reserve"), step("b", prefer_after=["resrve"])),
            "step 'b' prefers to follow unknown step 'resrve', did you mean 'reserve'?",
        ),
        (
            (A, step("b", after=["a"], prefer_after=["a"])),
            "step 'b' prefers to follow 'a', for which it waits anyway: "
            "leave it out of 'prefer_after'",
        ),
        (
            (step("a", prefer_after=["b"]), step("b", inputs={"x": "$a"})),
            "steps wait for each other in a circle: a -> b -> a",
        ),
        (
            (step("a", patience="1 min"),),
            "step 'a' has 'patience', but prefers to follow no step",
        ),
        (
            (step("a", join="all_succeeded"),),
            "step 'a' joins by 'all_succeeded', but follows no step: leave it out",
        ),
        (
            (A, B, step("c", after=["a"], inputs={"x": "$b"}, join=3)),
            "step 'c' joins 3 of its predecessors, but has 2",
        ),
        (
            (step("a", map="lines"),),
            "the map of step 'a' goes over 'lines', which is neither a reference nor a list",
        ),
        (
            (step("a", map={"over": {"x": 1}}),),
            "the map of step 'a' goes over {'x': 1}, which is neither a reference nor a list",
        ),
        (
            (step("a", map="$5"),),
            "the map of step 'a': '$5' begins with a dollar sign but is no reference such as "
            "'$input.order' or '$price.total': write '$$5' for the plain text",
        ),
        (
            (step("a", inputs={"x": "$item.sku"}),),
            "input 'x' of step 'a' refers to '$item.sku', which only the inputs of a step with a "
            "map have",
        ),
        (
            (step("a", map="$item"),),
            "the map of step 'a' refers to '$item', which only the inputs of a step with a map "
            "have",
        ),
        (
            (A, step("b", map="$a", when="item.sku == 'x'")),
            "the condition of step 'b' speaks of 'item', but it is asked once, before there are "
            "elements: let the task decide for each",
        ),
        (
            (step("a", wait_for={"timer": "$b.due"}),),
            "the timer of step 'a' refers to unknown step 'b', '$b.due'",
        ),
        (
            (step("a", wait_for={"person": "$boss"}),),
            "the person of step 'a' refers to unknown step 'boss', '$boss'",
        ),
        (
            (step("a", wait_for={"agent": "$a.skill"}),),
            "the agent of step 'a' refers to the step's own result, '$a.skill'",
        ),
        (
            (step("a", wait_for={"signal": "go"}, compensate={"task": "test.undo"}),),
            "step 'a' only waits for a signal, and nothing undoes that: leave out 'compensate'",
        ),
        (
            (step("a", wait_for={"timer": 5}, compensate={"task": "test.undo"}),),
            "step 'a' only waits for a timer, and nothing undoes that: leave out 'compensate'",
        ),
        (
            (step("a", wait_for=ASK, retry={"max_attempts": 2}),),
            "step 'a' has 'retry', but no worker does it: leave it out",
        ),
        (
            (step("a", wait_for=ASK, timeout=3),),
            "step 'a' has 'timeout', but no worker does it: give its 'wait_for' a 'deadline'",
        ),
        (
            (step("a", workflow="other", timeout=3),),
            "step 'a' has 'timeout', but no worker does it: give workflow 'other' one",
        ),
        (
            (step("a", workflow="other", start_within="1 h"),),
            "step 'a' has 'start_within', but no worker does it: give it to the steps of workflow "
            "'other'",
        ),
        (
            (step("a", wait_for={**ASK, "heartbeat": "1 min 1 s"}),),
            "step 'a' has a 'heartbeat', but waits for no agent: leave it out",
        ),
        (
            (step("a", wait_for={**ASK, "on_deadline": "skip"}),),
            "step 'a' has 'on_deadline', but no 'deadline': add one",
        ),
        (
            (
                step(
                    "a",
                    wait_for={
                        **ASK,
                        "deadline": "2 days",
                        "escalate": [
                            {"after": "1 day", "priority": "high"},
                            {"after": "2 days", "priority": "critical"},
                        ],
                    },
                ),
            ),
            "escalate[1] of step 'a' comes after 2 d, but its deadline after 2 d",
        ),
        (
            (
                step(
                    "a",
                    wait_for={
                        **ASK,
                        "answer": {"approved": "boolean", "note": "optional text"},
                        "deadline": 60,
                        "on_deadline": {"aproved": False},
                    },
                ),
            ),
            "the answer that step 'a' takes at its deadline does not fit its 'answer': "
            "approved: field required (and 1 more)",
        ),
        (
            (step("a", wait_for={**ASK, "deadline": 60, "on_deadline": {"who": "$input.x"}}),),
            "the answer that step 'a' takes at its deadline holds '$input.x', but it is taken as "
            "it is, without references",
        ),
        (
            (A, step("b", compensate={"task": "test.undo", "inputs": {"x": "$a"}})),
            "input 'x' of the undoing of step 'b' refers to step 'a', which need not be done by "
            "then: let step 'b' run after it",
        ),
        (
            (
                step("a", compensate={"task": "test.undo", "inputs": {"x": "$c"}}),
                step("c", after=["a"]),
            ),
            "input 'x' of the undoing of step 'a' refers to step 'c', which need not be done by "
            "then: let step 'a' run after it",
        ),
        (
            (step("charge", compensate={"task": "test.undo", "inputs": {"x": "$chrge"}}),),
            "input 'x' of the undoing of step 'charge' refers to unknown step 'chrge', '$chrge'"
            ", did you mean 'charge'?",
        ),
        (
            (
                step(
                    "ask",
                    wait_for={
                        **ASK,
                        "escalate": [
                            {"after": 1, "notify": {"task": "a.b", "inputs": {"x": "$ask"}}}
                        ],
                    },
                ),
            ),
            "input 'x' of escalate[0] of step 'ask' refers to the step's own result, '$ask'",
        ),
    ],
)
def test_a_step_that_says_what_its_kind_has_no_use_for_is_told(steps, sentence):
    assert problems_of(*steps) == [sentence]


def test_an_undoing_may_use_any_step_that_is_surely_done():
    chain = [step("s0"), *(step(f"s{n}", after=[f"s{n - 1}"]) for n in range(1, 50))]
    undo = {"task": "test.undo", "inputs": {"x": ["$s0", "$s48"]}}

    assert problems_of(*chain[:-1], chain[-1] | {"compensate": undo}) == []


def test_in_a_circle_nothing_is_said_of_the_order_of_undoings():
    undo = {"task": "test.undo", "inputs": {"x": "$b"}}

    assert problems_of(step("a", after=["b"], compensate=undo), step("b", after=["a"])) == [
        "steps wait for each other in a circle: a -> b -> a"
    ]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({}, "a step has one of task, workflow and wait_for, not none of them"),
        (
            {"task": "a.b", "workflow": "c"},
            "a step has one of task, workflow and wait_for, not task and workflow",
        ),
        (
            {"wait_for": {"signal": "go"}, "map": "$input.x"},
            "a step that waits has no map: map over a child workflow that waits",
        ),
        (
            {"task": "a.b", "irrevocable": True, "compensate": {"task": "a.c"}},
            "a step is either irrevocable or has a compensate, not both",
        ),
        ({"task": "a.b", "join": "some"}, "'some' is no join: it is one of all, all_succeeded"),
        ({"task": "a.b", "join": True}, "True is no join"),
        ({"task": "a.b", "join": 0}, "0 is no join"),
    ],
)
def test_a_step_that_is_no_step_cannot_be_made(fields, sentence):
    with pytest.raises(ValidationError) as caught:
        Step(name="a", **fields)

    assert sentence in str(caught.value)
