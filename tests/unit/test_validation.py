import pytest
from hypothesis import given

from orchestrator import CycleDetectedError, DAGValidationError, Step, Workflow
from orchestrator.declare import task
from orchestrator.validation import check, validate
from tests.strategies import any_workflows
from tests.unit.shop import TASKS

OFFER = Step(name="offer", task="sales.make_offer", inputs={"customer": "$input.customer"})


def workflow_of(*steps: Step, result=None) -> Workflow:
    return Workflow(name="example", steps=steps, result=result)


def plain(name, *after, **fields) -> Step:
    return Step(name=name, task="sales.make_offer", after=after, **fields)


def problems_with(name: str, **inputs) -> list[str]:
    """Check one step that calls a task of the shop, behind the offer."""
    return check(workflow_of(OFFER, Step(name="next", task=name, inputs=inputs)), TASKS)


def test_a_sound_workflow_has_no_problems():
    workflow = workflow_of(
        OFFER,
        Step(
            name="charge",
            task="billing.charge_card",
            inputs={"amount": "$offer.total", "due": "$offer.due", "note": "$$ 5"},
            when="offer.is_large and offer.customer.name and input.charge",
        ),
        Step(
            name="send",
            task="sales.send_offer",
            after=("charge",),
            inputs={"offer": "$offer", "to": "$offer.customer.email"},
            when="charge > 0",
        ),
        result={"number": "$offer.number", "first": "$offer.lines.0.sku"},
    )

    assert check(workflow, TASKS) == []
    validate(workflow, TASKS)


@given(any_workflows())
def test_any_drawn_dag_is_sound(workflow):
    assert check(workflow, None) == []


@pytest.mark.parametrize(
    ("steps", "sentence"),
    [
        ((), "it has no steps"),
        ((plain("a"), plain("a")), "2 steps are called 'a': a name stands for one step"),
        ((plain("a", "a"),), "step 'a' waits for itself"),
        (
            (plain("reserve"), plain("charge", "resrve")),
            "step 'charge' runs after unknown step 'resrve', did you mean 'reserve'?",
        ),
        ((plain("a", "zzz"),), "step 'a' runs after unknown step 'zzz'"),
        (
            (plain("input"),),
            "a step may not be called 'input': in references that is the run's input",
        ),
        (
            (plain("a", inputs={"x": [{"y": "$inptu.z"}]}),),
            "input 'x' of step 'a' refers to unknown step 'inptu', '$inptu.z'"
            ", did you mean 'input'?",
        ),
        (
            (plain("a", inputs={"x": "$a.y"}),),
            "input 'x' of step 'a' refers to the step's own result, '$a.y'",
        ),
        (
            (plain("a", inputs={"x": "$5"}),),
            "input 'x' of step 'a': '$5' begins with a dollar sign but is no reference such as "
            "'$input.order' or '$price.total': write '$$5' for the plain text",
        ),
        (
            (plain("a", when="1 +"),),
            "step 'a': condition '1 +' is no expression: invalid syntax",
        ),
        (
            (plain("price"), plain("b", when="prce.total > 3")),
            "the condition of step 'b' speaks of unknown step 'prce', did you mean 'price'?",
        ),
        (
            (plain("a", when="a.total"),),
            "the condition of step 'a' speaks of the step's own result",
        ),
        (
            (plain("a", "c"), plain("b", inputs={"x": "$a"}), plain("c", when="b")),
            "steps wait for each other in a circle: a -> b -> c -> a",
        ),
    ],
)
def test_a_structural_problem_is_told_in_a_sentence(steps, sentence):
    assert check(workflow_of(*steps), None) == [sentence]


def test_unknown_references_in_the_result_are_told():
    workflow = workflow_of(plain("price"), result={"total": "$prce.total"})

    assert check(workflow, None) == [
        "the result refers to unknown step 'prce', '$prce.total', did you mean 'price'?"
    ]


def test_all_problems_are_told_in_the_order_of_the_steps_and_circles_last():
    workflow = workflow_of(
        plain("b", "a", "c"),
        plain("a", "b"),
        plain("d", "e"),
        plain("f", "g", "x"),
        plain("g", "f"),
    )

    assert check(workflow, None) == [
        "step 'b' runs after unknown step 'c'",
        "step 'd' runs after unknown step 'e'",
        "step 'f' runs after unknown step 'x'",
        "steps wait for each other in a circle: b -> a -> b",
        "steps wait for each other in a circle: f -> g -> f",
    ]


def test_a_circle_behind_a_circle_is_found_too():
    workflow = workflow_of(plain("a", "b"), plain("b", "a"), plain("c", "b", "d"), plain("d", "c"))

    assert check(workflow, None) == [
        "steps wait for each other in a circle: a -> b -> a",
        "steps wait for each other in a circle: c -> d -> c",
    ]


def test_a_circle_raises_its_own_error_with_all_problems():
    workflow = workflow_of(plain("a", "b", "x"), plain("b", "a"))

    with pytest.raises(CycleDetectedError) as caught:
        validate(workflow, None)

    assert caught.value.cycle == ("a", "b")
    assert len(caught.value.problems) == 2


def test_a_broken_workflow_without_a_circle_raises_the_general_error():
    with pytest.raises(DAGValidationError) as caught:
        validate(workflow_of(plain("a", "x")), None)

    assert not isinstance(caught.value, CycleDetectedError)
    assert str(caught.value) == "workflow 'example': step 'a' runs after unknown step 'x'"


@pytest.mark.parametrize(
    ("task_name", "inputs", "sentences"),
    [
        (
            "billing.charge_crd",
            {},
            ["step 'next' calls unknown task 'billing.charge_crd', did you mean "
             "'billing.charge_card'?"],
        ),
        (
            "billing.charge_card",
            {"amount": 3},
            ["input 'due' of step 'next' is not bound, and task 'billing.charge_card' has no "
             "default for it"],
        ),
        (
            "sales.make_offer",
            {"customer": "Ann", "limt": 3},
            ["step 'next' binds input 'limt', which task 'sales.make_offer' does not take"
             ", did you mean 'limit'?"],
        ),
        (
            "sales.send_offer",
            {"offer": "$offer", "to": "a", "attempt": 1, "clock": 2},
            ["step 'next' binds input 'attempt', which the application itself gives to task "
             "'sales.send_offer': leave it out",
             "step 'next' binds input 'clock', which the application itself gives to task "
             "'sales.send_offer': leave it out"],
        ),
        (
            "sales.make_offer",
            {"customer": "Ann", "limit": "many"},
            ["input 'limit' of step 'next' takes int, not 'many': input should be a valid "
             "integer, unable to parse string as an integer"],
        ),
        (
            "billing.count_lines",
            {"lines": [], "kind": "closed"},
            ["input 'kind' of step 'next' takes Literal['all', 'open'], not 'closed': input "
             "should be 'all' or 'open'"],
        ),
        (
            "billing.count_lines",
            {"lines": [{"sku": "A"}]},
            ["input 'lines' of step 'next' takes list[Line], not [{'sku': 'A'}]: 0.quantity: "
             "field required (and 1 more)"],
        ),
        (
            "sales.make_offer",
            {"customer": "$offer.total", "limit": "$offer.number"},
            ["input 'limit' of step 'next' takes int, but '$offer.number' gives str"],
        ),
        (
            "billing.charge_card",
            {"amount": "$offer.totl", "due": "$offer.lines.0.sku"},
            ["input 'amount' of step 'next' refers to '$offer.totl', but Offer has no 'totl'"
             ", did you mean 'total'?",
             "input 'due' of step 'next' takes date, but '$offer.lines.0.sku' gives str"],
        ),
        (
            "shipping.plan_tour",
            {"start": "$offer.due", "extra": {"a": ["$offer.nmber"], "b": "$input.x.y"}},
            ["input 'extra' of step 'next' refers to '$offer.nmber', but Offer has no 'nmber'"
             ", did you mean 'number'?"],
        ),
    ],
)  # fmt: skip
def test_a_problem_between_step_and_task_is_told_in_a_sentence(task_name, inputs, sentences):
    assert problems_with(task_name, **inputs) == sentences


def test_a_condition_on_a_field_that_the_result_lacks_is_told():
    workflow = workflow_of(OFFER, plain("b", inputs={"customer": "A"}, when="offer.totl > 3"))

    assert check(workflow, TASKS) == [
        "the condition of step 'b' speaks of 'offer.totl', but Offer has no 'totl'"
        ", did you mean 'total'?"
    ]


def test_a_result_that_refers_to_a_field_which_is_not_there_is_told():
    assert check(workflow_of(OFFER, result=["$offer.customer.phone"]), TASKS) == [
        "the result refers to '$offer.customer.phone', but Customer has no 'phone'"
    ]


def test_a_task_whose_signature_cannot_be_read_is_told():
    @task("sales.guess_price")
    def guess_price(customer): ...

    @task("sales.lose_type")
    def lose_type(customer: "Unheard") -> None: ...  # noqa: F821 - likewise

    @task("sales.open_box")
    def open_box() -> object.__class__.__call__: ...

    found = (guess_price, lose_type, open_box)
    tasks = {function.__task__.name: function.__task__ for function in found}
    steps = [Step(name=name.rpartition("_")[2], task=name) for name in tasks]
    use = plain("use", inputs={"customer": "$box.lid"})

    price, lost, box = check(workflow_of(*steps, use), {**TASKS, **tasks})

    assert price == (
        "step 'price' cannot call task 'sales.guess_price': parameter 'customer' of task "
        "'sales.guess_price' has no type: annotate it"
    )
    assert lost == (
        "step 'type' cannot call task 'sales.lose_type': its annotations cannot be read: "
        "name 'Unheard' is not defined"
    )
    assert box.startswith("step 'box' cannot call task 'sales.open_box': its annotations cannot")


def test_what_the_structure_already_objects_to_is_told_once():
    step = plain("a", inputs={"customer": "$5", "limit": "$nobody.x"}, when="a +")

    assert len(check(workflow_of(step), TASKS)) == 3
