"""What the steps of each kind give, and what may be done with it: decided before anything runs."""

from decimal import Decimal
from typing import Any

import pytest
from pydantic import TypeAdapter

from orchestrator import Workflow
from orchestrator.definition.gathered import ElementError, Gathered
from orchestrator.language.references import parse
from orchestrator.validation import check
from orchestrator.validation.needs import Known
from orchestrator.validation.results import Results
from orchestrator.validation.typing_fit import element_of, type_name
from tests.unit.shop import TASKS, Line, Offer, Parcel

OFFER = {"name": "offer", "task": "sales.make_offer", "inputs": {"customer": "Ann"}}
ASK = {
    "name": "ask",
    "wait_for": {
        "person": "head of sales",
        "answer": {
            "approved": "boolean",
            "sum": "number",
            "note": "optional text",
            "way": ["air", "sea"],
        },
    },
}
PAUSE = {"name": "pause", "wait_for": {"timer": "3 days"}}
GO = {"name": "go", "wait_for": {"signal": "go"}}
EACH = {"name": "each", "map": ["Ann", "Bo"], "inputs": {"customer": "$item"}}
OFFERS = EACH | {"name": "offers", "task": "sales.make_offer"}
GATHERED = OFFERS | {"name": "gathered", "map": {"over": ["Ann"], "on_error": "gather"}}
CHILD = {"name": "child", "workflow": "inner"}
CHILDREN = {"name": "children", "workflow": "inner", "map": [1, 2]}
STEPS = (OFFER, ASK, PAUSE, GO, OFFERS, GATHERED, CHILD, CHILDREN)


def workflow(*steps: dict[str, Any], name: str = "outer", result: Any = None) -> Workflow:
    return Workflow.model_validate({"name": name, "steps": steps, "result": result})


def known_with(inner: Workflow) -> dict[str, Workflow]:
    return {"inner": inner}


INNER = workflow(OFFER, name="inner", result="$offer.lines")


def type_of(reference: str, inner: Workflow = INNER) -> Any:
    parsed = parse(reference)
    assert parsed is not None
    return Results(workflow(*STEPS), Known(TASKS, known_with(inner))).of_reference(parsed)


def problems_of(*steps: dict[str, Any], result: Any = None) -> list[str]:
    return check(workflow(*STEPS, *steps, result=result), TASKS, known_with(INNER))


@pytest.mark.parametrize(
    ("reference", "kind"),
    [
        ("$offer.total", Decimal),
        ("$ask.approved", bool),
        ("$ask.note", str | None),
        ("$pause", None),
        ("$go.anything.at.all", Any),
        ("$offers", list[Offer]),
        ("$offers.1.total", Decimal),
        ("$gathered", Gathered[Offer]),
        ("$gathered.results.0", Offer | None),
        ("$gathered.errors.0.message", str),
        ("$child", list[Line]),
        ("$child.0.sku", str),
        ("$children", list[list[Line]]),
        ("$input.anything", Any),
        ("$nobody.anything", Any),
    ],
)
def test_a_reference_has_the_type_that_the_kind_of_its_step_gives(reference, kind):
    assert type_of(reference) == kind


@pytest.mark.parametrize(
    ("inner", "kind"),
    [
        (workflow(OFFER, name="inner"), Offer),
        (workflow(OFFER, {**PAUSE, "after": ["offer"]}, name="inner"), None),
        (workflow(OFFER, PAUSE, name="inner"), Any),
        (workflow(OFFER, name="inner", result={"total": "$offer.total"}), Any),
        (workflow(OFFER, name="inner", result="plain"), Any),
        (workflow(OFFER, name="inner", result="$offer.nothing"), Any),
        (workflow(OFFER, name="inner", result="$5"), Any),
        (workflow(CHILD, name="inner"), Any),
    ],
)
def test_a_child_gives_its_result_or_what_its_one_last_step_gives(inner, kind):
    assert type_of("$child", inner) == kind


def test_what_any_kind_gives_may_go_where_it_fits():
    send = {
        "name": "send",
        "task": "sales.send_offer",
        "map": "$gathered.results",
        "inputs": {"offer": "$item", "to": "$ask.note"},
        "when": "ask.approved and len(offers) > 1 and not gathered.errors and pause is None",
    }
    count = {
        "name": "count",
        "task": "billing.count_lines",
        "after": ["offer"],
        "inputs": {"lines": "$child"},
        "compensate": {
            "task": "sales.make_offer",
            "inputs": {"customer": "$offer.number", "limit": "$count.0"},
        },
    }
    tour = {"name": "wait", "after": ["offer"], "wait_for": {"timer": "$offer.due"}}
    item = {
        "name": "item_count",
        "task": "sales.make_offer",
        "map": "$children.0",
        "inputs": {"customer": "$item.sku", "limit": "$index"},
        "compensate": {
            "task": "sales.send_offer",
            "inputs": {"offer": "$item_count", "to": "$item.sku"},
        },
    }

    assert problems_of(send, count, tour, item, result="$offers.0.number") == []


@pytest.mark.parametrize(
    ("step", "sentence"),
    [
        (
            {"task": "sales.make_offer", "inputs": {"customer": "$pause"}},
            "input 'customer' of step 'x' takes str, but '$pause' gives None",
        ),
        (
            {"task": "sales.make_offer", "inputs": {"customer": "$ask.approvd"}},
            "input 'customer' of step 'x' refers to '$ask.approvd', but Answer has no 'approvd'"
            ", did you mean 'approved'?",
        ),
        (
            {"task": "sales.make_offer", "inputs": {"customer": "Ann"}, "when": "ask.aproved"},
            "the condition of step 'x' speaks of 'ask.aproved', but Answer has no 'aproved'"
            ", did you mean 'approved'?",
        ),
        (
            {"task": "sales.make_offer", "map": "$offer.total", "inputs": {"customer": "Ann"}},
            "the map of step 'x' takes list[Any], but '$offer.total' gives Decimal",
        ),
        (
            {"task": "sales.make_offer", "map": "$offers", "inputs": {"customer": "$item.totl"}},
            "input 'customer' of step 'x' refers to '$item.totl', but Offer has no 'totl'"
            ", did you mean 'total'?",
        ),
        (
            {"task": "sales.make_offer", "map": "$offer.lines", "inputs": {"customer": "$index"}},
            "input 'customer' of step 'x' takes str, but '$index' gives int",
        ),
        (
            {"task": "sales.make_offer", "map": ["Ann", 3], "inputs": {"customer": "$item"}},
            "input 'customer' of step 'x' takes str, not 3: input should be a valid string",
        ),
        (
            {"wait_for": {"timer": "$offer.lines"}},
            "the timer of step 'x' takes float | str, but '$offer.lines' gives list[Line]",
        ),
        (
            {"wait_for": {"person": "$offer.lines.0"}},
            "the person of step 'x' takes str, but '$offer.lines.0' gives Line",
        ),
        (
            {"wait_for": {"agent": "welding"}, "inputs": {"what": "$offer.lnes"}},
            "input 'what' of step 'x' refers to '$offer.lnes', but Offer has no 'lnes'"
            ", did you mean 'lines'?",
        ),
        (
            {
                "task": "sales.make_offer",
                "inputs": {"customer": "Ann"},
                "compensate": {"task": "sales.send_offr"},
            },
            "the undoing of step 'x' calls unknown task 'sales.send_offr'"
            ", did you mean 'sales.send_offer'?",
        ),
        (
            {
                "task": "sales.make_offer",
                "inputs": {"customer": "Ann"},
                "compensate": {"task": "billing.book_day", "inputs": {"day": "$x.number"}},
            },
            "input 'day' of the undoing of step 'x' takes date, but '$x.number' gives str",
        ),
        (
            {
                "task": "sales.make_offer",
                "map": ["Ann"],
                "inputs": {"customer": "$item"},
                "compensate": {
                    "task": "sales.send_offer",
                    "inputs": {"offer": "$x.0", "to": "$item"},
                },
            },
            "input 'offer' of the undoing of step 'x' refers to '$x.0', but Offer has no '0'",
        ),
        (
            {
                "wait_for": {
                    "signal": "paid",
                    "escalate": [
                        {"after": 60, "priority": "high"},
                        {"after": 90, "notify": {"task": "sales.make_offer", "inputs": {"to": 1}}},
                    ],
                }
            },
            "escalate[1] of step 'x' binds input 'to', which task 'sales.make_offer' does not take",
        ),
    ],
)
def test_what_does_not_fit_is_told_by_the_place_where_it_stands(step, sentence):
    assert sentence in problems_of({"name": "x", "after": ["pause", "ask"], **step})


def test_an_undoing_and_a_notice_must_bind_what_their_tasks_need():
    ask = {
        "name": "x",
        "wait_for": {
            "signal": "paid",
            "escalate": [{"after": 9, "notify": {"task": "billing.book_day"}}],
        },
    }
    pay = {"name": "y", "workflow": "inner", "compensate": {"task": "billing.book_day"}}

    assert problems_of(ask, pay) == [
        f"input 'day' of {owner} is not bound, and task 'billing.book_day' has no default for it"
        for owner in ("escalate[0] of step 'x'", "the undoing of step 'y'")
    ]


@pytest.mark.parametrize(
    ("annotation", "element"),
    [
        (list[int], int),
        (tuple[int, str], int | str),
        (tuple[int, ...], int),
        (list[int] | None, int),
        (list[int] | tuple[str, ...] | int, int | str),
        (set[Parcel], Parcel),
        (list, Any),
        (tuple[()], Any),
        (str, Any),
        (Any, Any),
        (dict[str, int], Any),
    ],
    ids=type_name,
)
def test_the_elements_of_a_list_have_its_type(annotation, element):
    assert element_of(annotation) == element


def test_what_was_gathered_is_read_back_as_the_task_gave_it():
    kind = TypeAdapter(Gathered[Decimal])
    text = '{"results":["1.50",null],"errors":[{"index":1,"type":"KeyError","message":"x"}]}'

    read = kind.validate_json(text)

    assert read.results == [Decimal("1.50"), None]
    assert read.errors == [ElementError(index=1, type="KeyError", message="x")]
    assert kind.dump_json(read).decode() == text
