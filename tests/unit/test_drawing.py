import pytest

from orchestrator import Step, Workflow, compile
from orchestrator.drawing import WIDTH, deed_of, predecessors_of, to_mermaid, to_text

WORKFLOW = Workflow(
    name="ship_order",
    steps=(
        Step(name="reserve", task="inventory.reserve_stock"),
        Step(name="charge", task="billing.charge_card", after=("reserve",), priority="high"),
        Step(name="book", task="scheduling.book_truck", after=("reserve",), critical=False),
        Step(name="end", task="messaging.send_receipt", after=("charge", "book")),
    ),
)


def test_the_text_shows_each_level_with_its_predecessors():
    assert to_text(compile(WORKFLOW)) == (
        "1 │ reserve  inventory.reserve_stock\n"
        "  ▼\n"
        "2 │ charge   billing.charge_card (high)  ◀ reserve\n"
        "  │ book     scheduling.book_truck       ◀ reserve\n"
        "  ▼\n"
        "3 │ end      messaging.send_receipt      ◀ charge, book"
    )


def test_the_text_of_a_wide_join_stays_in_the_page():
    steps = [Step(name=f"part_{place}", task="billing.add_part") for place in range(200)]
    names = tuple(step.name for step in steps)
    join = Step(name="join", task="billing.add_up", after=names)

    text = to_text(compile(Workflow(name="wide", steps=(*steps, join))))

    last = text.splitlines()[-1]
    assert max(map(len, text.splitlines())) <= WIDTH
    assert "◀ part_0, part_1, " in last
    assert last.endswith(" more")


def test_the_text_of_what_is_left_shows_only_that():
    assert to_text(compile(WORKFLOW, ["reserve", "book"])).startswith("1 │ charge ")
    assert to_text(compile(WORKFLOW, [step.name for step in WORKFLOW.steps])) == ""


def test_mermaid_keeps_step_names_apart_from_its_own_words():
    chart = to_mermaid(compile(WORKFLOW)).splitlines()

    assert chart[0] == "flowchart TD"
    assert '    step_end["end<br/>messaging.send_receipt"]' in chart
    assert '    step_charge["charge<br/>billing.charge_card (high)"]' in chart
    assert "    step_book --> step_end" in chart
    assert chart[-1] == "    class step_book tolerated"


def test_mermaid_labels_are_escaped():
    workflow = Workflow(name="odd", steps=(Step(name="a", task='billing."<b>&'),))

    assert 'step_a["a<br/>billing.#quot;#lt;b>#amp;"]' in to_mermaid(compile(workflow))


KINDS = Workflow.model_validate(
    {
        "name": "kinds",
        "steps": [
            {"name": "lines", "task": "sales.read_lines"},
            {
                "name": "offers",
                "workflow": "make_offer",
                "map": "$lines.items",
                "inputs": {"line": "$item"},
            },
            {"name": "ask", "wait_for": {"person": "head of sales"}, "after": ["lines"]},
            {
                "name": "charge",
                "task": "billing.charge_card",
                "after": ["lines"],
                "compensate": {"task": "billing.refund_card"},
            },
            {
                "name": "send",
                "task": "sales.send_offer",
                "after": ["offers", "ask"],
                "join": "any",
                "prefer_after": ["charge"],
                "irrevocable": True,
            },
        ],
    }
)


def test_the_text_says_what_each_kind_does_and_how_joins_count():
    drawn = [line.rstrip() for line in to_text(compile(KINDS)).splitlines()]

    assert drawn == [
        "1 │ lines   sales.read_lines",
        "  ▼",
        "2 │ offers  workflow make_offer for each of $lines.items        ◀ lines",
        "  │ ask     waits for head of sales                             ◀ lines",
        "  │ charge  billing.charge_card, undone by billing.refund_card  ◀ lines",
        "  ▼",
        "3 │ send    sales.send_offer, irrevocable                       "
        "◀ any of offers, ask ◁ charge",
    ]


def test_mermaid_frames_each_kind_and_dots_a_preferred_order():
    chart = to_mermaid(compile(KINDS)).splitlines()

    assert '    step_offers[["offers<br/>workflow make_offer for each of $lines.items"]]' in chart
    assert '    step_ask(["ask<br/>waits for head of sales"])' in chart
    assert "    step_ask -->|any| step_send" in chart
    assert "    step_lines --> step_ask" in chart
    assert chart[-1] == "    step_charge -.-> step_send"


def test_what_is_left_draws_no_order_that_is_kept_already():
    chart = to_mermaid(compile(KINDS, ["lines", "charge"]))

    assert "-.->" not in chart


@pytest.mark.parametrize(
    ("fields", "deed"),
    [
        ({"wait_for": {"timer": "26 hours"}}, "waits 1 d 2 h"),
        ({"wait_for": {"timer": "$a.due"}}, "waits until $a.due"),
        ({"wait_for": {"signal": "paid"}}, "waits for signal paid"),
        ({"wait_for": {"agent": "welding"}}, "waits for agent welding"),
        ({"task": "a.b", "map": [1, 2], "priority": "low"}, "a.b for each of 2 (low)"),
    ],
)
def test_a_deed_is_told_in_words(fields, deed):
    assert deed_of(Step(name="x", **fields)) == deed


@pytest.mark.parametrize(
    ("join", "said"),
    [
        ("all", "◀ a, b"),
        ("any", "◀ any of a, b"),
        (2, "◀ 2 of a, b"),
        ("all_succeeded", "◀ a, b if all succeeded"),
        ("all_done", "◀ a, b however they end"),
    ],
)
def test_a_join_is_told_with_its_predecessors(join, said):
    steps = [Step(name=name, task="a.b") for name in "ab"]
    last = Step(name="c", task="a.b", after=("a", "b"), join=join)

    plan = compile(Workflow(name="joins", steps=(*steps, last)))

    assert predecessors_of(plan.steps["c"]) == said
