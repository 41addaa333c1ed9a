"""What steps take of resources: amounts, requests by name, and scopes that could lock."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from orchestrator import DAGValidationError, Resource, Settings, Step, Workflow
from orchestrator.capacity.refusals import InvalidAmount
from orchestrator.definition.permits import Scope
from orchestrator.errors import InvalidInput, ResourceNotFound
from orchestrator.permits.requests import ScopeRequest, StepRequest, need_of, parse
from orchestrator.plan import compile
from orchestrator.validation import check, validate
from orchestrator.verbs.asking import fair_key_of

GATEWAY = Resource(name="gateway", type="network", capacity=3)
QUOTA = Resource(name="mail-api", type="api_quota", capacity=100, per="1 min", burst=10)
MIGRATIONS = Resource(name="migrations", type="lock")
GPU = Resource(name="gpu", type="compute", capacity=2, fair=True)
SEATS = Resource(name="seats", capacity=5, fair=True)
KNOWN = {each.name: each for each in (GATEWAY, QUOTA, MIGRATIONS, GPU, SEATS)}

SOUND = """
name: migrate
fair_by: $input.customer
resources:
  - {name: migrations, type: lock}
  - {name: card-gateway, type: network, capacity: 3}
scopes:
  - {permits: {migrations: exclusive}, first: begin, last: end}
steps:
  - {name: begin, task: billing.begin}
  - {name: charge, task: billing.charge, after: [begin], permits: {card-gateway: 2}}
  - {name: end, task: billing.end, after: [charge]}
"""


def calls(name: str, *after: str, **fields: Any) -> dict[str, Any]:
    return {"name": name, "task": "billing.charge", "after": after, **fields}


def holding(first: str, last: str, *names: str) -> dict[str, Any]:
    return {"permits": dict.fromkeys(names, 1), "first": first, "last": last}


def workflow(*steps: dict[str, Any], name: str = "w", **more: Any) -> Workflow:
    return Workflow.model_validate({"name": name, "steps": steps, **more})


def problems(found: Workflow, *others: Workflow) -> list[str]:
    """Check what can be said of a workflow without tasks, beside others."""
    return check(found, None, {each.name: each for each in (found, *others)})


# Definitions


@pytest.mark.parametrize("amount", [0, -1, 1.5, True, "2", "both", None, [1]])
def test_what_is_no_amount_is_refused(amount: object) -> None:
    with pytest.raises(ValidationError) as caught:
        Step.model_validate(calls("a", permits={"gateway": amount}))

    assert (
        f"{amount!r} is no amount: it is a whole number from 1, or of a lock `shared` or "
        "`exclusive`"
    ) in str(caught.value)


@pytest.mark.parametrize("name", ["Gateway", "1st", "", "card gateway", "a" * 65])
def test_a_permit_is_of_a_resource_with_a_name(name: str) -> None:
    with pytest.raises(ValidationError, match="should match pattern"):
        Step.model_validate(calls("a", permits={name: 1}))


def test_a_scope_that_holds_nothing_is_refused() -> None:
    with pytest.raises(ValidationError, match="at least 1 item"):
        Scope.model_validate({"permits": {}, "first": "a", "last": "b"})


def test_a_workflow_is_the_same_in_yaml_json_and_python() -> None:
    from_yaml = Workflow.model_validate(yaml.safe_load(SOUND))

    from_json = Workflow.model_validate_json(from_yaml.model_dump_json())
    from_text = Workflow.model_validate_json(json.dumps(yaml.safe_load(SOUND)))

    assert from_json == from_text == from_yaml
    assert from_yaml.version == from_json.version
    assert from_yaml.steps[1].permits == {"card-gateway": 2}
    assert from_yaml.scopes == (
        Scope(permits={"migrations": "exclusive"}, first="begin", last="end"),
    )
    assert from_yaml.fair_by == "$input.customer"
    assert [resource.name for resource in from_yaml.resources] == ["migrations", "card-gateway"]
    assert check(from_yaml, None, {}, {}) == []


def test_a_version_is_of_what_is_taken_not_of_how_much_there_is() -> None:
    plain = workflow(calls("a"))
    declaring = workflow(calls("a"), resources=[{"name": "gateway", "capacity": 3}])
    raised = workflow(calls("a"), resources=[{"name": "gateway", "capacity": 4}])
    others = [
        workflow(calls("a", permits={"gateway": 1})),
        workflow(calls("a", permits={"gateway": 2})),
        workflow(calls("a"), scopes=[holding("a", "a", "gateway")]),
        workflow(calls("a"), fair_by="$input.customer"),
    ]

    assert plain.version == declaring.version == raised.version
    assert len({plain.version, *(each.version for each in others)}) == 1 + len(others)


def test_a_plan_says_where_scopes_begin_and_end() -> None:
    scopes = [holding("a", "b", "x"), holding("a", "c", "y")]

    plan = compile(workflow(calls("a"), calls("b", "a"), calls("c", "b"), scopes=scopes))

    assert [number for number, _ in plan["a"].opens] == [0, 1]
    assert [number for number, _ in plan["b"].closes] == [0]
    assert [number for number, _ in plan["c"].closes] == [1]
    assert [name for name in plan.steps if plan[name].takes_permits] == ["a"]


# What is taken


@pytest.mark.parametrize(
    ("permits", "sentence"),
    [
        (
            {"gatewy": 1},
            "step 'a' takes a permit of unknown resource 'gatewy', did you mean 'gateway'?: "
            "declare it under 'resources'",
        ),
        (
            {"zzzzzz": 1},
            "step 'a' takes a permit of unknown resource 'zzzzzz': declare it under 'resources'",
        ),
        (
            {"gateway": 4},
            "step 'a' takes what it cannot have: resource 'gateway' has a capacity of 3: "
            "4 can never be granted",
        ),
        (
            {"mail-api": 11},
            "step 'a' takes what it cannot have: resource 'mail-api' has a burst of 10: "
            "11 can never be granted",
        ),
        (
            {"gateway": "shared"},
            "step 'a' takes what it cannot have: resource 'gateway' is no lock: ask for a number "
            "of units from 1, not 'shared'",
        ),
        (
            {"migrations": 1},
            "step 'a' takes what it cannot have: resource 'migrations' is a lock: ask for "
            "'shared' or 'exclusive', not 1",
        ),
        (
            {"gpu": 1, "seats": 1},
            "step 'a' takes permits of 'gpu' and 'seats', which are both shared fairly: one order "
            "cannot be fair to two",
        ),
    ],
)
def test_what_no_step_can_have_is_told(permits: dict[str, Any], sentence: str) -> None:
    assert check(workflow(calls("a", permits=permits)), None, {}, KNOWN) == [sentence]


@pytest.mark.parametrize(
    "permits",
    [
        {"gateway": 3, "mail-api": 10},
        {"migrations": "shared", "gpu": 1},
        {"migrations": "exclusive"},
    ],
)
def test_what_there_is_may_be_taken(permits: dict[str, Any]) -> None:
    validate(workflow(calls("a", permits=permits)), None, {}, KNOWN)


def test_a_scope_may_take_no_more_than_a_step() -> None:
    scopes = [{"permits": {"gateway": 4}, "first": "a", "last": "a"}, holding("a", "a", "nowhere")]

    assert check(workflow(calls("a"), scopes=scopes), None, {}, KNOWN) == [
        "scopes[0] takes what it cannot have: resource 'gateway' has a capacity of 3: "
        "4 can never be granted",
        "scopes[1] takes a permit of unknown resource 'nowhere': declare it under 'resources'",
    ]


def test_what_a_workflow_declares_itself_its_steps_may_take() -> None:
    own = workflow(calls("a", permits={"own": 2}), resources=[{"name": "own", "capacity": 2}])

    assert check(own, None, {}, {}) == []
    assert check(workflow(calls("a", permits={"own": 2})), None, {}, {}) != []


def test_where_no_resources_are_known_permits_are_left_alone() -> None:
    assert check(workflow(calls("a", permits={"gatewy": 99})), None) == []


@pytest.mark.parametrize(
    ("fields", "way_out"),
    [
        ({"wait_for": {"timer": "1 h"}}, "give them to the steps around it"),
        ({"wait_for": {"person": "boss"}}, "give them to the steps around it"),
        ({"workflow": "child"}, "give them to the steps of workflow 'child'"),
    ],
)
def test_what_no_worker_does_takes_no_permits(fields: dict[str, Any], way_out: str) -> None:
    step = {"name": "a", "permits": {"gateway": 1}, **fields}

    assert check(workflow(step), None) == [
        f"step 'a' has 'permits', but no worker does it: {way_out}"
    ]


# Scopes


@pytest.mark.parametrize(
    ("first", "last", "sentences"),
    [
        ("bgin", "end", ["scopes[0] names unknown step 'bgin', did you mean 'begin'?"]),
        ("begin", "zzz", ["scopes[0] names unknown step 'zzz'"]),
        ("zzz", "zzz", ["scopes[0] names unknown step 'zzz'"]),
        (
            "end",
            "begin",
            ["scopes[0] ends with step 'begin', which does not run after 'end': let it"],
        ),
        (
            "begin",
            "beside",
            ["scopes[0] ends with step 'beside', which does not run after 'begin': let it"],
        ),
        (
            "pause",
            "end",
            [
                "scopes[0] begins with step 'pause', which no worker does: begin it with one that "
                "calls a task"
            ],
        ),
        ("begin", "pause", []),
        ("begin", "begin", []),
        ("begin", "end", []),
    ],
)
def test_a_scope_goes_from_a_task_to_what_runs_after_it(
    first: str, last: str, sentences: list[str]
) -> None:
    found = workflow(
        calls("begin"),
        {"name": "pause", "wait_for": {"timer": 60}, "after": ["begin"]},
        calls("end", "pause"),
        calls("beside"),
        scopes=[holding(first, last, "x")],
    )

    assert check(found, None) == sentences


def test_what_a_step_asks_for_is_not_what_its_own_run_holds() -> None:
    """Two runs that each hold one of two would wait for the other's."""
    found = workflow(calls("a"), calls("b", "a", permits={"x": 1}), scopes=[holding("a", "b", "x")])

    assert problems(found) == [
        "scopes could wait for each other for ever: 'x' is held when step 'b' of workflow 'w' "
        "asks for 'x': take them in one scope, or in one order everywhere"
    ]


def test_two_scopes_in_two_orders_are_refused_in_one_workflow() -> None:
    found = workflow(
        calls("a"),
        calls("b", "a", permits={"y": 1}),
        calls("c", permits={"x": 1}),
        calls("d", "c"),
        calls("e", "d", permits={"x": 1}),
        scopes=[holding("a", "b", "x"), holding("d", "e", "y")],
    )

    assert problems(found) == [
        "scopes could wait for each other for ever: 'x' is held when step 'b' of workflow 'w' "
        "asks for 'y'; 'y' is held when step 'e' of workflow 'w' asks for 'x': take them in one "
        "scope, or in one order everywhere"
    ]
    with pytest.raises(DAGValidationError, match="for ever"):
        validate(found, None)


def test_two_workflows_that_hold_what_the_other_asks_for_are_both_refused() -> None:
    one = workflow(
        calls("a"), calls("b", "a", permits={"y": 1}), scopes=[holding("a", "b", "x")], name="one"
    )
    two = workflow(
        calls("a"), calls("b", "a", permits={"x": 1}), scopes=[holding("a", "b", "y")], name="two"
    )
    apart = workflow(
        calls("a"), calls("b", "a", permits={"q": 1}), scopes=[holding("a", "b", "p")], name="apart"
    )

    (of_one,) = problems(one, two, apart)
    (of_two,) = problems(two, one, apart)

    assert "step 'b' of workflow 'one' asks for 'y'" in of_one
    assert "step 'b' of workflow 'two' asks for 'x'" in of_one
    assert "step 'b' of workflow 'one' asks for 'y'" in of_two
    assert problems(apart, one, two) == []
    assert problems(one, apart) == []


def test_what_a_child_asks_for_is_asked_for_while_its_parent_holds() -> None:
    grandchild = workflow(calls("deep", permits={"y": 1}), name="grandchild")
    child = workflow({"name": "on", "workflow": "grandchild"}, name="child")
    parent = workflow(
        calls("a"),
        {"name": "run_it", "workflow": "child", "after": ["a"]},
        calls("c", "run_it"),
        scopes=[holding("a", "c", "x")],
        name="parent",
    )
    other = workflow(
        calls("a"), calls("b", "a", permits={"x": 1}), scopes=[holding("a", "b", "y")], name="other"
    )

    (sentence,) = problems(parent, child, grandchild, other)

    assert "'x' is held when step 'run_it' of workflow 'parent' asks for 'y'" in sentence
    assert problems(parent, child, grandchild) == []


def test_a_scope_of_a_child_is_asked_for_too() -> None:
    child = workflow(calls("in_it"), scopes=[holding("in_it", "in_it", "x")], name="child")
    parent = workflow(
        calls("a"),
        {"name": "run_it", "workflow": "child", "after": ["a"]},
        scopes=[holding("a", "run_it", "x")],
        name="parent",
    )

    (sentence,) = problems(parent, child)

    assert "'x' is held when step 'run_it' of workflow 'parent' asks for 'x'" in sentence


def test_an_inner_scope_counts_wherever_the_definition_names_it() -> None:
    """`y` is taken first, at `a`, though it is written last."""
    one = workflow(
        calls("a"),
        calls("b", "a"),
        calls("c", "b"),
        scopes=[holding("b", "c", "x"), holding("a", "c", "y")],
        name="one",
    )
    two = workflow(
        calls("a"), calls("b", "a", permits={"y": 1}), scopes=[holding("a", "b", "x")], name="two"
    )

    (sentence,) = problems(one, two)

    assert "'y' is held when step 'b' of workflow 'one' asks for 'x'" in sentence


def test_scopes_that_begin_with_one_step_are_taken_in_the_order_of_the_definition() -> None:
    scopes = [holding("a", "b", "x"), holding("a", "b", "y")]
    one = workflow(calls("a"), calls("b", "a"), scopes=scopes, name="one")
    turned = workflow(calls("a"), calls("b", "a"), scopes=scopes[::-1], name="turned")

    assert problems(one) == problems(turned) == []
    assert "'y' is held when step 'a' of workflow 'turned' asks for 'x'" in str(
        problems(turned, one)
    )


def test_what_is_asked_for_before_or_after_a_scope_waits_for_nobody() -> None:
    found = workflow(
        calls("before", permits={"x": 1}),
        calls("a", "before"),
        calls("b", "a"),
        calls("after_it", "b", permits={"x": 1}),
        calls("branch", "a", permits={"x": 1}),
        scopes=[holding("a", "b", "x")],
    )

    assert problems(found) == []


def test_one_order_everywhere_is_sound() -> None:
    same = [
        workflow(
            calls("a"),
            calls("b", "a", permits={"y": 1}),
            calls("c", "b", permits={"y": 1, "z": 1}),
            scopes=[holding("a", "c", "x")],
            name=name,
        )
        for name in ("one", "two")
    ]

    assert problems(same[0], same[1]) == []


def test_one_scope_of_both_is_sound() -> None:
    both = [
        workflow(calls("a"), calls("b", "a"), scopes=[holding("a", "b", *names)], name=names[0])
        for names in (("x", "y"), ("y", "x"))
    ]

    assert problems(both[0], both[1]) == []


# On whose behalf


@pytest.mark.parametrize(
    ("fair_by", "begins"),
    [
        ("$a.customer", "'fair_by' is '$a.customer', but is read when the run begins: refer to"),
        ("$5", "'fair_by' is wrong: '$5' begins with a dollar sign but is no reference"),
    ],
)
def test_whom_a_run_is_fair_to_its_input_says(fair_by: str, begins: str) -> None:
    (sentence,) = check(workflow(calls("a"), fair_by=fair_by), None)

    assert sentence.startswith(begins)


@pytest.mark.parametrize(
    ("fair_by", "key"),
    [(None, None), ("$input.customer", "acme"), ("$input.number", "7"), ("nightly", "nightly")],
)
def test_a_run_has_the_key_of_its_input(fair_by: str | None, key: str | None) -> None:
    run_input = {"customer": "acme", "number": 7}

    assert fair_key_of(workflow(calls("a"), fair_by=fair_by), run_input) == key


@pytest.mark.parametrize(
    ("run_input", "says"),
    [
        ({}, "is fair by '$input.customer', "),
        ({"customer": ["a", "b"]}, "is no key: it is a text of at most"),
        ({"customer": None}, "is no key: it is a text of at most"),
        ({"customer": "x" * 10_000}, "is no key: it is a text of at most"),
    ],
)
def test_an_input_without_a_key_is_refused(run_input: Mapping[str, Any], says: str) -> None:
    with pytest.raises(InvalidInput, match=r"^workflow 'w' is fair by") as caught:
        fair_key_of(workflow(calls("a"), fair_by="$input.customer"), run_input)

    assert says in str(caught.value)


# Requests


NAMES = st.text("abcdefghijklmnopqrstuvwxyz0123456789_[]", min_size=1)
REQUESTS = st.one_of(
    st.builds(StepRequest, NAMES, NAMES, st.integers(min_value=1)),
    st.builds(ScopeRequest, NAMES, st.integers(min_value=0)),
)


@given(REQUESTS)
def test_a_request_is_read_from_its_name(request: StepRequest | ScopeRequest) -> None:
    assert parse(str(request)) == request


@pytest.mark.parametrize(
    "name", ["", "a backup 4f", "run:step", "run:step:x", "run:@x", "run:@", "a:b:c:1", "run:b:"]
)
def test_any_other_name_is_of_somebody_outside(name: str) -> None:
    assert parse(name) is None


def test_what_is_needed_is_counted_in_units() -> None:
    asked: dict[str, Any] = {"gateway": 2, "migrations": "exclusive", "mail-api": 4}

    assert need_of(asked, KNOWN) == {"gateway": 2, "migrations": 1000, "mail-api": 4}
    assert need_of({"migrations": "shared"}, KNOWN) == {"migrations": 1}


def test_more_than_was_declared_is_for_redis_to_refuse() -> None:
    """An operator may have raised it."""
    assert need_of({"gateway": 99}, KNOWN) == {"gateway": 99}


@pytest.mark.parametrize(
    ("permits", "refusal"),
    [({"gateway": "shared"}, InvalidAmount), ({"migrations": 1}, InvalidAmount)],
)
def test_a_lock_is_taken_as_one(permits: dict[str, Any], refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        need_of(permits, KNOWN)


def test_what_nothing_declares_any_more_is_not_found() -> None:
    with pytest.raises(ResourceNotFound, match="'gone': nothing declares it any more"):
        need_of({"gone": 1}, KNOWN)


# Settings


def test_another_process_is_given_the_resources(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    weighted = Resource(name="gpu", capacity=2, fair=True, weights={"acme": 2.0}, max_hold="1 h")
    said = Settings(home=tmp_path, resources=(GATEWAY, QUOTA, MIGRATIONS, weighted))

    for name, text in said.environment().items():
        monkeypatch.setenv(name, text)

    assert Settings().resources == said.resources


def test_resources_are_a_json_list(monkeypatch: pytest.MonkeyPatch) -> None:
    text = '[{"name": "gateway", "type": "network", "capacity": 3}]'
    monkeypatch.setenv("ORCHESTRATOR_RESOURCES", text)

    assert Settings().resources == (GATEWAY,)
