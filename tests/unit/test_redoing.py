"""Which steps are done again when somebody asks for it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator import Plan, StepState, Workflow, compile
from orchestrator.errors import Refused
from orchestrator.ledger.verbs.redoing import Past, ancestors, descendants, of_ended, of_live
from tests.strategies import workflows

DONE = Past(StepState.SUCCEEDED)
FAILED = Past(StepState.FAILED)
CANCELLED = Past(StepState.CANCELLED)
SKIPPED = Past(StepState.SKIPPED)
UNDONE = Past(StepState.SUCCEEDED, is_undone=True)
STANDS = Past(StepState.SUCCEEDED, stands=True)
BY_HAND = Past(StepState.SKIPPED, by_hand=True)
ENDS = (DONE, DONE, FAILED, CANCELLED, SKIPPED, UNDONE)


@st.composite
def ended(draw: st.DrawFn) -> tuple[Plan, dict[str, Past]]:
    """Draw a plan, and how its steps ended."""
    drawn = draw(workflows(only_after=True, max_steps=20))
    rng = draw(st.randoms(use_true_random=False))
    steps = [step.model_copy(update={"critical": rng.random() < 0.7}) for step in drawn.steps]
    plan = compile(Workflow(name="drawn", steps=tuple(steps)))
    return plan, {name: rng.choice(ENDS) for name in plan.steps}


@given(ended())
def test_what_succeeded_is_kept_unless_it_rests_on_what_was_undone(
    run: tuple[Plan, dict[str, Past]],
) -> None:
    plan, past = run

    again = of_ended(plan, past, (), onwards=False)

    for name, how in past.items():
        rests = any(past[earlier].is_undone for earlier in ancestors(plan, name))
        assert how != DONE or (name in again) == rests


@given(ended())
def test_nothing_that_ended_the_run_stays(run: tuple[Plan, dict[str, Past]]) -> None:
    plan, past = run

    again = of_ended(plan, past, (), onwards=False)

    for name in plan.steps.keys() - again:
        assert not past[name].is_broken
        assert past[name].state is not StepState.FAILED or not plan.steps[name].step.critical


@given(ended())
def test_all_that_follows_is_done_again_onwards(run: tuple[Plan, dict[str, Past]]) -> None:
    plan, past = run

    again = of_ended(plan, past, tuple(plan.start), onwards=True)

    assert again == plan.steps.keys()


@given(ended())
def test_ancestors_are_the_descendants_of_the_other_side(run: tuple[Plan, dict[str, Past]]) -> None:
    plan, _ = run

    for name in plan.steps:
        below = descendants(plan, [name])
        assert all(name in ancestors(plan, other) for other in below)


def plan_of(*edges: tuple[str, tuple[str, ...]]) -> Plan:
    steps = [{"name": name, "task": "test.step", "after": after} for name, after in edges]
    return compile(Workflow.model_validate({"name": "drawn", "steps": steps}))


def test_what_somebody_skipped_is_left_skipped() -> None:
    plan = plan_of(("a", ()), ("b", ("a",)), ("c", ("b",)))

    again = of_ended(plan, {"a": FAILED, "b": BY_HAND, "c": SKIPPED}, (), onwards=False)

    assert again == {"a", "c"}


def test_every_failure_that_would_stay_is_named() -> None:
    plan = plan_of(("a", ()), ("b", ()), ("c", ()))

    with pytest.raises(Refused, match="steps 'b', 'c' too: name them as well, or skip them"):
        of_ended(plan, dict.fromkeys("abc", FAILED), ("a",), onwards=False)


def test_what_rests_on_an_undone_step_is_done_again_whatever_became_of_it() -> None:
    plan = plan_of(("a", ()), ("b", ("a",)), ("c", ("b",)), ("d", ("a",)), ("z", ()))
    tolerated = dict.fromkeys("abcdz", DONE) | {"a": UNDONE, "b": FAILED, "d": BY_HAND}

    assert of_ended(plan, tolerated, (), onwards=False) == {"a", "b", "c"}


def test_what_could_not_be_undone_is_not_made_twice_unawares() -> None:
    plan = plan_of(("a", ()), ("b", ("a",)), ("c", ("b",)))
    past = {"a": UNDONE, "b": STANDS, "c": FAILED}

    with pytest.raises(
        Refused, match="'b' followed step 'a', which was undone, but what it did stands: name it"
    ):
        of_ended(plan, past, (), onwards=False)

    assert of_ended(plan, past, ("b",), onwards=False) == {"a", "b", "c"}
    assert of_ended(plan, past, (), onwards=True) == {"a", "b", "c"}
    assert of_ended(plan, past | {"a": BY_HAND}, (), onwards=False) == {"c"}


def test_a_map_of_which_one_element_could_not_be_undone_does_not_begin_anew() -> None:
    plan = plan_of(("a", ()), ("m", ("a",)))
    partly = Past(StepState.SUCCEEDED, is_undone=True, stands=True)

    with pytest.raises(Refused, match="step 'm' followed step 'a'"):
        of_ended(plan, {"a": UNDONE, "m": partly}, (), onwards=False)

    assert of_ended(plan, {"a": DONE, "m": partly}, (), onwards=False) == {"m"}


def test_in_a_run_that_goes_on_a_step_that_is_open_is_done_anyway() -> None:
    plan = plan_of(
        ("a", ()),
    )

    assert of_live(plan, {"a": Past(StepState.RUNNING)}, ("a",)) == frozenset()
