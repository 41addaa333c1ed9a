"""What is left of a run can be done to its end, whatever of it is kept."""

from collections.abc import Mapping
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from orchestrator import Plan, StepState, Workflow, compile
from orchestrator.ledger.flow.earlier import is_complete, is_counted_by_successes
from orchestrator.ledger.verbs.rebuilding import Left, rebuild
from tests.strategies import workflows

ENDS = (StepState.SUCCEEDED, StepState.SUCCEEDED, StepState.FAILED, StepState.SKIPPED)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Draw a plan of any shape, its joins by any policy."""
    drawn = draw(workflows(only_after=True, max_steps=25))
    rng = draw(st.randoms(use_true_random=False))
    joins = [_join(rng, len(step.after)) for step in drawn.steps]
    steps = [
        step.model_copy(update={"join": join})
        for step, join in zip(drawn.steps, joins, strict=True)
    ]
    return compile(Workflow(name="drawn", steps=tuple(steps)))


def _join(rng: Random, width: int) -> str | int:
    if width < 2:
        return "all"
    return rng.choice(["all", "all_succeeded", "all_done", "any", rng.randint(1, width)])


@st.composite
def stopped(draw: st.DrawFn) -> tuple[Plan, dict[str, StepState]]:
    """Draw a plan, and any of its steps as they ended: a retry may keep one after one it redoes."""
    plan = draw(plans())
    kept = draw(st.sets(st.sampled_from(sorted(plan.steps))))
    rng = draw(st.randoms(use_true_random=False))
    return plan, {name: rng.choice(ENDS) for name in sorted(kept)}


class Counting:
    """Counts ends down as the ledger does, and starts what becomes free, each step once."""

    def __init__(self, plan: Plan, kept: Mapping[str, StepState], left: Mapping[str, Left]) -> None:
        self.plan = plan
        self.ended = dict(kept)
        self.open = {name: [how.missing, how.undecided] for name, how in left.items()}
        self.free = [name for name, how in left.items() if how.state is StepState.READY]

    def end(self, name: str, state: StepState) -> None:
        self.free.remove(name)
        del self.open[name]
        self.ended[name] = state
        for after in self.plan.steps[name].before:
            if after in self.open and after not in self.free:
                self.count(after, succeeded=state is StepState.SUCCEEDED)

    def count(self, name: str, *, succeeded: bool) -> None:
        counts = self.open[name]
        if is_counted_by_successes(self.plan.steps[name]):
            counts[0] -= succeeded
            counts[1] -= 1
            is_free = counts[0] == 0 or counts[1] < counts[0]
        else:
            counts[0] -= 1
            is_free = counts[0] == 0
        if is_free:
            self.free.append(name)


@given(stopped())
def test_what_is_kept_is_not_done_again_and_all_else_is(
    given_: tuple[Plan, dict[str, StepState]],
) -> None:
    plan, kept = given_

    left = rebuild(plan, kept)

    assert left.keys() == plan.steps.keys() - kept.keys()


@given(stopped())
def test_a_step_is_ready_when_what_went_before_it_has_come_far_enough(
    given_: tuple[Plan, dict[str, StepState]],
) -> None:
    plan, kept = given_

    for name, how in rebuild(plan, kept).items():
        planned = plan.steps[name]
        before = {one: kept.get(one, StepState.PENDING) for one in planned.after}
        assert (how.state is StepState.READY) == is_complete(planned, before)


@given(stopped(), st.randoms(use_true_random=False))
def test_each_step_that_is_left_starts_once_and_in_order_to_the_end(
    given_: tuple[Plan, dict[str, StepState]], rng: Random
) -> None:
    plan, kept = given_
    run = Counting(plan, kept, rebuild(plan, kept))

    while run.free:
        name = rng.choice(run.free)
        planned = plan.steps[name]
        before = {one: run.ended.get(one, StepState.PENDING) for one in planned.after}
        assert is_complete(planned, before)
        run.end(name, rng.choice(ENDS))

    assert not run.open
    assert {name: run.ended[name] for name in kept} == kept


@given(plans())
def test_with_nothing_kept_it_is_a_new_run(plan: Plan) -> None:
    left = rebuild(plan, {})

    assert {name for name, how in left.items() if how.state is StepState.READY} == set(plan.start)
