from orchestrator import Step, Workflow, compile
from orchestrator.drawing import WIDTH, to_mermaid, to_text

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
