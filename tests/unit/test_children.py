"""Workflows that run workflows: known, without circles, and with the input that theirs takes."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from orchestrator import Workflow
from orchestrator.errors import DAGValidationError, InvalidInput
from orchestrator.validation import check, check_input, validate
from orchestrator.validation.run_input import names_of_input, readers_of, typed_input
from tests.unit.shop import TASKS, Line

OFFER = {"name": "offer", "task": "sales.make_offer", "inputs": {"customer": "$input.customer"}}
PAY = {
    "name": "pay",
    "task": "billing.charge_card",
    "inputs": {"amount": "$input.amount", "due": "$input.due", "note": "$input.note"},
    "when": "input.country == 'FI'",
}


def workflow(name: str, *steps: dict[str, Any], result: Any = None) -> Workflow:
    return Workflow.model_validate({"name": name, "steps": steps, "result": result})


def child(name: str = "run", of: str = "payment", **fields: Any) -> dict[str, Any]:
    return {"name": name, "workflow": of, **fields}


def library(*workflows: Workflow) -> dict[str, Workflow]:
    return {each.name: each for each in workflows}


PAYMENT = workflow("payment", PAY)
BOUND = {"amount": "$offer.total", "due": "$offer.due"}


def problems_of(*steps: dict[str, Any], known: tuple[Workflow, ...] = (PAYMENT,)) -> list[str]:
    return check(workflow("parent", *steps), TASKS, library(*known))


def test_a_child_with_what_it_takes_is_sound():
    assert problems_of(OFFER, child(inputs={**BOUND, "country": "FI", "note": None})) == []
    validate(workflow("parent", OFFER, child(inputs=BOUND)), TASKS, library(PAYMENT))


def test_without_the_other_workflows_nothing_is_said_of_them():
    assert check(workflow("parent", child(inputs={"anything": 1})), TASKS) == []


def test_an_unknown_workflow_is_told_with_the_one_that_was_meant():
    assert problems_of(child(of="paymnt")) == [
        "step 'run' runs unknown workflow 'paymnt', did you mean 'payment'?"
    ]


def test_inputs_that_the_child_lacks_or_does_not_take_are_told():
    assert problems_of(child(inputs={"amount": 3, "cuntry": "FI"})) == [
        "step 'run' binds input 'cuntry', which no step of workflow 'payment' takes"
        ", did you mean 'country'?",
        "input 'due' of step 'run' is not bound, and step 'pay' of workflow 'payment' needs it for "
        "'due', date",
    ]


def test_inputs_that_do_not_fit_what_the_child_does_with_them_are_told():
    inputs = {"amount": "much", "due": "$offer.number", "note": "$offer.nmber"}

    assert problems_of(OFFER, child(inputs=inputs)) == [
        "input 'note' of step 'run' refers to '$offer.nmber', but Offer has no 'nmber'"
        ", did you mean 'number'?",
        "input 'amount' of step 'run' takes Decimal, not 'much': input should be a valid decimal",
        "input 'due' of step 'run' takes date, but '$offer.number' gives str",
    ]


def test_what_a_grandchild_takes_is_asked_of_its_grandparent():
    middle = workflow("middle", child(inputs={"amount": "$input.sum", "due": "2026-02-28"}))
    known = (PAYMENT, middle)

    assert problems_of(child(of="middle", inputs={"sum": "$input.sum"}), known=known) == []
    assert problems_of(child(of="middle", inputs={"sum": True}), known=known) == [
        "input 'sum' of step 'run' takes Decimal, not True: decimal input should be an integer, "
        "float, string or Decimal object"
    ]
    assert problems_of(child(of="middle"), known=known) == [
        "input 'sum' of step 'run' is not bound, and step 'run' of workflow 'middle' needs it for "
        "'amount', Decimal"
    ]


def test_a_child_that_is_not_sound_is_told_once_with_its_first_problem():
    broken = workflow("broken", {"name": "a", "task": "no.such"}, child(of="nowhere"))

    assert problems_of(child(of="broken", inputs={"x": 1}), known=(broken,)) == [
        "step 'run' runs workflow 'broken', which is not sound: step 'a' calls unknown task "
        "'no.such' (and 1 more)"
    ]


def test_a_child_that_takes_the_input_as_a_whole_takes_any_name():
    tour = {"name": "t", "task": "shipping.plan_tour", "inputs": {"extra": "$input", "start": 0}}

    assert problems_of(child(of="tour", inputs={"x": 1}), known=(workflow("tour", tour),)) == []


@pytest.mark.parametrize(
    ("known", "circle"),
    [
        ({}, "parent -> parent"),
        ({"b": "c", "c": "parent"}, "parent -> b -> c -> parent"),
        ({"b": "c", "c": "d", "d": "c"}, "c -> d -> c"),
    ],
)
def test_workflows_that_run_each_other_in_a_circle_are_refused_by_name(known, circle):
    first = child("first", of=next(iter(known), "parent"), inputs={"odd": "$input.odd"})
    others = [workflow(name, child(of=target)) for name, target in known.items()]

    with pytest.raises(DAGValidationError) as caught:
        validate(workflow("parent", first), TASKS, library(*others))

    assert caught.value.problems == (f"workflows run each other in a circle: {circle}",)


def test_that_a_workflow_runs_itself_is_told_without_knowing_others():
    assert check(workflow("parent", child(of="parent")), None) == [
        "workflows run each other in a circle: parent -> parent"
    ]


def test_two_steps_may_run_one_workflow():
    twice = [child(name, inputs=BOUND) for name in ("one", "two")]

    assert problems_of(OFFER, *twice) == []


def test_a_map_over_a_workflow_binds_its_input_to_the_elements():
    line = {"name": "l", "task": "billing.tag_offer", "inputs": {"tags": [], "share": "$input.x"}}
    known = (workflow("tag", line),)
    over = {"over": "$offer.lines", "limit": 3}

    assert (
        problems_of(OFFER, child(of="tag", map=over, inputs={"x": "$item.price"}), known=known)
        == []
    )
    assert problems_of(
        OFFER, child(of="tag", map=over, inputs={"x": "$item.sku"}), known=known
    ) == ["input 'x' of step 'run' takes float, but '$item.sku' gives str"]


PARENT = workflow("parent", child(inputs={"amount": "$input.sum", "due": "$input.days.last"}))
MAPPED = workflow(
    "mapped",
    {
        "name": "count",
        "task": "billing.count_lines",
        "map": "$input.baskets",
        "inputs": {"lines": "$item"},
    },
)


def test_what_is_passed_on_to_a_child_is_read_as_its_tasks_take_it():
    given = {"sum": Decimal("1.50"), "days": {"last": date(2026, 2, 28)}}

    ready = check_input(PARENT, TASKS, given, library(PAYMENT))

    assert ready == {"sum": "1.50", "days": {"last": "2026-02-28"}}
    readers = readers_of(PARENT.steps, TASKS, library(PAYMENT))
    assert typed_input(readers, ready)["sum"] == Decimal("1.50")


def test_what_a_child_needs_must_be_in_the_input_of_its_parent():
    with pytest.raises(InvalidInput) as caught:
        check_input(PARENT, TASKS, {"sum": "much"}, library(PAYMENT))

    assert str(caught.value) == (
        "the input of workflow 'parent' is wrong: "
        "'days' is missing: step 'run' needs it for 'due', date; "
        "'sum' is 'much', but step 'run' takes Decimal: input should be a valid decimal"
    )


def test_a_part_that_a_child_takes_must_be_in_the_input_of_its_parent():
    deep = workflow("deep", {**OFFER, "inputs": {"customer": "$input.who.name"}})
    parent = workflow("parent", child(of="deep", inputs={"who": "$input.buyer"}))

    with pytest.raises(InvalidInput, match="'buyer' is missing: step 'run' needs it for 'who'"):
        check_input(parent, TASKS, {}, library(deep))
    assert check_input(parent, TASKS, {"buyer": {"name": "Ann"}}, library(deep))


def test_whoever_takes_only_a_part_leaves_the_reading_to_others():
    deep = workflow("deep", {**PAY, "inputs": {"amount": "$input.x.0", "due": "2026-02-28"}})
    tags = {"name": "tag", "task": "billing.tag_offer", "inputs": {"tags": "$input.words"}}
    ask = {"name": "ask", "wait_for": {"signal": "go"}, "inputs": {"what": "$input.words"}}
    parent = workflow("parent", child(of="deep", inputs={"x": "$input.words"}), tags, ask)

    assert check_input(parent, TASKS, {"words": "red green"}, library(deep)) == {
        "words": ["red", "green"]
    }


def test_the_elements_of_a_list_are_read_as_the_task_takes_each():
    line = Line(sku="A-1", quantity=2, price=Decimal("1.50"))

    assert check_input(MAPPED, TASKS, {"baskets": [[line]]}) == {
        "baskets": [[{"sku": "A-1", "quantity": 2, "price": "1.50"}]]
    }
    with pytest.raises(InvalidInput, match=r"takes list\[list\[Line\]\]: 0.0.sku: field required"):
        check_input(MAPPED, TASKS, {"baskets": [[{"quantity": 1, "price": 2}]]})
    with pytest.raises(
        InvalidInput, match=r"'baskets' is missing: step 'count' needs it for 'map'"
    ):
        check_input(MAPPED, TASKS, {})


EVERYWHERE = workflow(
    "everywhere",
    {**OFFER, "compensate": {"task": "sales.make_offer", "inputs": {"customer": "$input.a"}}},
    {"name": "pause", "wait_for": {"timer": "$input.b"}},
    {
        "name": "ask",
        "inputs": {"what": "$input.c"},
        "wait_for": {
            "person": "$input.d",
            "escalate": [
                {
                    "after": 60,
                    "notify": {"task": "sales.make_offer", "inputs": {"customer": "$input.e"}},
                }
            ],
        },
    },
    {"name": "build", "wait_for": {"agent": "$input.f"}, "when": "input.g"},
    result=["$input.h"],
)


def test_the_input_is_read_wherever_a_step_may_refer_to_it():
    assert names_of_input(EVERYWHERE) == {"customer", *"abcdefgh"}


def test_what_undoings_notices_and_waits_take_is_checked_before_anything_starts():
    wrong = {"customer": "C", "a": 1, "b": [], "d": None, "f": "welding"}

    with pytest.raises(InvalidInput) as caught:
        check_input(EVERYWHERE, TASKS, wrong)

    for sentence in (
        "'c' is missing: step 'ask' needs it for 'what', Any",
        "'e' is missing: escalate[0] of step 'ask' needs it for 'customer', str",
        "'a' is 1, but the undoing of step 'offer' takes str",
        "'b' is [], but step 'pause' takes float | str",
        "'d' is None, but step 'ask' takes str",
    ):
        assert sentence in str(caught.value)
