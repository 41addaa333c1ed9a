from datetime import date
from decimal import Decimal

import pytest

from orchestrator import Step, Workflow
from orchestrator.errors import InvalidInput
from orchestrator.language.conditions import holds
from orchestrator.validation import check_input
from orchestrator.validation.run_input import readers_of, typed_input
from tests.unit.shop import TASKS, Line

CHARGE = Step(
    name="charge",
    task="billing.charge_card",
    inputs={"amount": "$input.amount", "due": "$input.due", "note": "$input.note"},
)
PLAN = Step(
    name="plan",
    task="shipping.plan_tour",
    inputs={"start": "$input.start.time", "extra": {"who": "$input.who"}},
)


def checked(*steps: Step, result=None, **run_input):
    return check_input(Workflow(name="w", steps=steps, result=result), TASKS, run_input)


def refusal(*steps: Step, **run_input) -> str:
    with pytest.raises(InvalidInput) as caught:
        checked(*steps, **run_input)
    return str(caught.value)


def test_values_become_json_exactly():
    given = {"amount": Decimal("10.10"), "due": date(2026, 2, 28)}

    assert checked(CHARGE, **given) == {"amount": "10.10", "due": "2026-02-28"}


def test_texts_are_read_as_the_parameter_reads_them():
    offer = Step(
        name="offer",
        task="sales.make_offer",
        inputs={"customer": "$input.customer", "limit": "$input.limit"},
    )

    assert checked(offer, customer="Ann", limit="7") == {"customer": "Ann", "limit": 7}


def test_models_and_their_json_are_both_taken():
    count = Step(name="count", task="billing.count_lines", inputs={"lines": "$input.lines"})
    line = Line(sku="A-1", quantity=2, price=Decimal("1.50"))
    as_json = {"sku": "A-1", "quantity": 2, "price": "1.50"}

    assert checked(count, lines=[line, as_json]) == {"lines": [as_json, as_json]}


def test_an_optional_input_that_is_left_out_is_not_passed():
    given = {"amount": 3, "due": "2026-02-28"}

    assert "note" not in checked(CHARGE, **given)
    assert checked(CHARGE, note=None, **given)["note"] is None


def test_a_missing_input_names_the_step_that_needs_it():
    assert refusal(CHARGE, amount=3) == (
        "the input of workflow 'w' is wrong: 'due' is missing: step 'charge' needs it for "
        "'due', date"
    )


def test_all_that_is_wrong_is_told_at_once():
    message = refusal(CHARGE, amuont=3, due="soon")

    assert "'amount' is missing: step 'charge' needs it for 'amount', Decimal" in message
    assert "no step takes 'amuont', did you mean 'amount'?" in message
    assert "'due' is 'soon', but step 'charge' takes date: input should be a valid date" in message


def test_an_input_read_by_path_or_inside_a_structure_is_known_and_needed():
    given = {"start": {"time": date(2026, 1, 2)}}

    assert checked(PLAN, who="Ann", **given) == {"start": {"time": "2026-01-02"}, "who": "Ann"}
    assert checked(PLAN, **given) == {"start": {"time": "2026-01-02"}}, "`extra` has a default"
    assert "'start' is missing" in refusal(PLAN, who="Ann")


def test_an_input_that_only_a_condition_or_the_result_reads_is_known_and_optional():
    step = Step(
        name="offer",
        task="sales.make_offer",
        inputs={"customer": "Ann"},
        when="not input.dry and input['mode'] != 'x'",
    )

    assert checked(step, result="$input.tag") == {}
    assert checked(step, result="$input.tag", tag=1, dry=False) == {"tag": 1, "dry": False}


def test_where_the_input_is_taken_as_a_whole_any_name_is_known():
    plan = Step(
        name="plan",
        task="shipping.plan_tour",
        inputs={"start": "$input.start", "extra": "$input"},
    )

    assert checked(plan, start="2026-01-02T03:04:05", anything=[1]) == {
        "start": "2026-01-02T03:04:05",
        "anything": [1],
    }


def test_a_value_that_two_steps_read_differently_stays_as_it_came():
    as_text = Step(name="a", task="sales.make_offer", inputs={"customer": "$input.x"})
    as_tags = Step(name="b", task="billing.tag_offer", inputs={"tags": "$input.x"})

    assert checked(as_text, as_tags, x="red green") == {"x": "red green"}


def test_conditions_get_the_input_as_the_tasks_read_it():
    run_input = checked(CHARGE, amount="1500.00", due=date(2026, 2, 28))

    typed = typed_input(readers_of([CHARGE], TASKS), {**run_input, "free": "1"})

    assert typed == {"amount": Decimal("1500.00"), "due": date(2026, 2, 28), "free": "1"}
    assert holds("input.amount > 1000 and input.due.year == 2026", {"input": typed})


def test_where_two_steps_read_a_value_differently_conditions_get_it_as_the_first_does():
    as_tags = Step(name="b", task="billing.tag_offer", inputs={"tags": "$input.x"})
    as_text = Step(name="a", task="sales.make_offer", inputs={"customer": "$input.x"})

    assert typed_input(readers_of([as_tags, as_text], TASKS), {"x": "red green"}) == {
        "x": ["red", "green"]
    }


def test_a_strict_parameter_takes_values_and_their_json():
    step = Step(name="a", task="billing.book_day", inputs={"day": "$input.day"})

    assert checked(step, day=date(2026, 2, 28)) == checked(step, day="2026-02-28")
    assert "'day' is 3" in refusal(step, day=3)
    assert "'day' is <object" in refusal(step, day=object())


def test_what_no_json_can_hold_is_refused():
    step = Step(name="offer", task="sales.make_offer", inputs={"customer": "Ann"}, when="input.odd")

    assert "'odd' cannot be written as JSON" in refusal(step, odd=object())


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (float("nan"), "'odd' is nan, and JSON has no such number"),
        ({"deep": [1, float("inf")]}, "'odd.deep[1]' is inf, and JSON has no such number"),
        ("\udcff", "'odd' is '\\udcff', which has half a character and is no text of JSON"),
        ({"\ud800": 1}, "'odd' cannot be written as JSON: "),
    ],
)
def test_what_json_cannot_say_is_refused_with_its_place(value, sentence):
    step = Step(name="offer", task="sales.make_offer", inputs={"customer": "Ann"}, when="input.odd")

    assert sentence in refusal(step, odd=value)


def test_what_a_task_takes_as_anything_must_be_json_too():
    step = Step(name="note", task="shipping.plan_tour", inputs={"extra": "$input.odd"})

    assert "'odd" in refusal(step, odd={"x": object()})
    assert "'odd" in refusal(step, odd={"x": float("nan")})
