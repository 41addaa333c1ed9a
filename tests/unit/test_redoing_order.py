"""A run that failed and was undone is done again in order, whatever its shape."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from orchestrator import Plan, StepState, Workflow, compile
from orchestrator.ledger.verbs.rebuilding import rebuild
from orchestrator.ledger.verbs.redoing import Past, ancestors, of_ended
from orchestrator.workflow import Compensation
from tests.strategies import workflows

SUCCEEDED = Past(StepState.SUCCEEDED)
TOLERATED = FAILED = Past(StepState.FAILED)
CANCELLED = Past(StepState.CANCELLED)
UNDONE = Past(StepState.SUCCEEDED, is_undone=True)
BY_HAND = Past(StepState.SKIPPED, by_hand=True)

Failed = tuple[Plan, dict[str, Past], str]


@st.composite
def failed(draw: st.DrawFn) -> Failed:
    """Draw a run as one step failed it, and what could be undone was: plan, ends, that step."""
    drawn = draw(workflows(only_after=True, max_steps=20))
    rng = draw(st.randoms(use_true_random=False))
    broken = rng.choice(sorted(step.name for step in drawn.steps))
    says = {step.name: rng.choice(_SAYS) for step in drawn.steps} | {broken: {}}
    steps = [step.model_copy(update=says[step.name]) for step in drawn.steps]
    plan = compile(Workflow(name="drawn", steps=tuple(steps)))
    past: dict[str, Past] = {}
    for name in sorted(plan.steps, key=lambda name: len(ancestors(plan, name))):
        past[name] = _end(plan, past, name, broken, begins=rng.random() < 0.8)
    standing = _standing(plan, past)
    for name, how in past.items():
        undo = plan.steps[name].step.compensate
        if undo is not None and how is SUCCEEDED and name not in standing:
            past[name] = UNDONE
    return plan, past, broken


_UNDO = Compensation(task="test.undo")
_SAYS: tuple[dict[str, Any], ...] = (
    {},
    {},
    {"compensate": _UNDO},
    {"irrevocable": True},
    {"critical": False},
)


def _end(plan: Plan, past: dict[str, Past], name: str, broken: str, *, begins: bool) -> Past:
    planned = plan.steps[name]
    if name == broken:
        return FAILED
    has_begun = begins or name in ancestors(plan, broken)
    if broken in planned.after or not has_begun or CANCELLED in map(past.get, planned.after):
        return CANCELLED
    return SUCCEEDED if planned.step.critical else TOLERATED


def _standing(plan: Plan, past: dict[str, Past]) -> set[str]:
    final = [n for n, how in past.items() if how is SUCCEEDED and plan.steps[n].step.irrevocable]
    return {earlier for name in final for earlier in (name, *ancestors(plan, name))}


@given(failed())
def test_nothing_that_is_kept_rests_on_what_is_done_again(run: Failed) -> None:
    plan, past, broken = run

    again = of_ended(plan, past, (), onwards=False)

    assert broken in again
    for name in plan.steps.keys() - again:
        assert not ancestors(plan, name) & again


@given(failed())
def test_nothing_that_is_done_again_is_ready_before_what_it_follows(run: Failed) -> None:
    plan, past, _ = run
    again = of_ended(plan, past, (), onwards=False)

    left = rebuild(plan, {n: how.state for n, how in past.items() if n not in again})

    for name, how in left.items():
        assert (how.state is StepState.READY) == (not ancestors(plan, name) & again)


@given(failed())
def test_an_irrevocable_step_that_is_done_is_not_done_again(run: Failed) -> None:
    plan, past, _ = run

    again = of_ended(plan, past, (), onwards=False)

    assert not again & _standing(plan, past)


@given(failed())
def test_without_the_step_that_failed_it_the_rest_is_done_again_just_so(run: Failed) -> None:
    plan, past, broken = run

    again = of_ended(plan, past | {broken: BY_HAND}, (), onwards=False)

    assert again == of_ended(plan, past, (), onwards=False) - {broken}
