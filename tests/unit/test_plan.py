import gc
import random
import time
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator import CycleDetectedError, DAGValidationError, Plan, Step, Workflow, compile
from orchestrator.plan import Chord
from tests.reference import ReferenceRun, predecessors_of
from tests.strategies import any_workflows


class PlanRun:
    """Carry a plan out by its hops and chords alone, as the messages of a real run do."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.startable = set(plan.start)
        self.parts = {chord.body: set(chord.header) for chord in plan.chords}

    def complete(self, name: str) -> None:
        self.startable.remove(name)
        for following in self.plan.steps[name].before:
            if self.plan.steps[following].arrival == "hop":
                self.startable.add(following)
                continue
            self.parts[following].remove(name)
            if not self.parts[following]:
                self.startable.add(following)


def completions(run: ReferenceRun, rng: random.Random) -> Iterator[str]:
    while run.startable:
        name = rng.choice(sorted(run.startable))
        run.complete(name)
        yield name


def finished_prefix(workflow: Workflow, rng: random.Random) -> list[str]:
    order = list(completions(ReferenceRun(workflow), rng))
    return order[: rng.randint(0, len(order))]


def workflow_of(**after: str) -> Workflow:
    """Write a workflow as `c="a b"`: c runs after a and b."""
    steps = (
        Step(name=name, task="test.step", after=tuple(sources.split()))
        for name, sources in after.items()
    )
    return Workflow(name="example", steps=tuple(steps))


@given(any_workflows(), st.randoms(use_true_random=False))
def test_a_step_may_start_exactly_when_its_own_predecessors_are_done(workflow, rng):
    finished = finished_prefix(workflow, rng)
    reference = ReferenceRun(workflow, finished)
    run = PlanRun(compile(workflow, finished))

    assert run.startable == reference.startable
    for name in completions(reference, rng):
        run.complete(name)
        assert run.startable == reference.startable

    assert reference.done == {step.name for step in workflow.steps}


@given(any_workflows())
def test_every_step_comes_once_and_after_its_predecessors(workflow):
    plan = compile(workflow)
    place = {name: index for index, name in enumerate(plan.steps)}

    assert sorted(place) == sorted(step.name for step in workflow.steps)
    for name, predecessors in predecessors_of(workflow).items():
        assert all(place[predecessor] < place[name] for predecessor in predecessors)


@given(any_workflows())
def test_explicit_predecessors_stay_and_implied_ones_are_added_only_when_they_hold_back(workflow):
    plan = compile(workflow)
    asked = predecessors_of(workflow)

    for step in workflow.steps:
        after = set(plan.steps[step.name].after)
        assert set(step.after) <= after <= asked[step.name]


@given(any_workflows(), st.randoms(use_true_random=False))
def test_the_plan_of_a_prefix_is_the_rest_of_the_whole_plan(workflow, rng):
    whole = compile(workflow)
    finished = finished_prefix(workflow, rng)

    rest = compile(workflow, finished)

    assert set(rest.steps) == set(whole.steps) - set(finished)
    for name, planned in rest.steps.items():
        assert planned.after == whole.steps[name].after
        assert planned.before == whole.steps[name].before
        assert set(planned.header) == set(whole.steps[name].after) - set(finished)


@given(any_workflows(), st.randoms(use_true_random=False))
def test_the_plan_does_not_depend_on_the_order_of_inputs_and_finished_names(workflow, rng):
    finished = finished_prefix(workflow, rng)
    turned = Workflow(
        name=workflow.name,
        steps=tuple(
            step.model_copy(
                update={
                    "inputs": dict(reversed(step.inputs.items())),
                    "after": tuple(reversed(step.after)),
                }
            )
            for step in workflow.steps
        ),
    )

    first, second = compile(workflow, finished), compile(turned, set(finished))

    assert compile(workflow, finished) == first
    assert list(second.steps) == list(first.steps)
    assert second.levels == first.levels
    for name, planned in first.steps.items():
        assert second.steps[name].after == planned.after
        assert second.steps[name].before == planned.before


@given(any_workflows())
def test_levels_and_critical_path_agree_with_brute_force(workflow):
    plan = compile(workflow)
    predecessors = predecessors_of(workflow)
    depth: dict[str, int] = {}
    while len(depth) < len(predecessors):
        for name, sources in predecessors.items():
            if sources <= depth.keys():
                depth[name] = 1 + max((depth[source] for source in sources), default=0)

    assert [set(level) for level in plan.levels] == [
        {name for name, d in depth.items() if d == number}
        for number in range(1, max(depth.values()) + 1)
    ]
    assert len(plan.critical_path) == max(depth.values())
    for earlier, later in pairwise(plan.critical_path):
        assert earlier in predecessors[later]


@given(any_workflows())
def test_each_step_stands_in_one_chain_and_no_chain_can_be_longer(workflow):
    plan = compile(workflow)

    assert sorted(name for chain in plan.chains for name in chain) == sorted(plan.steps)
    for chain in plan.chains:
        for earlier, later in pairwise(chain):
            assert plan.steps[earlier].before == (later,)
            assert plan.steps[later].header == (earlier,)
        following = plan.steps[chain[-1]].before
        assert len(following) != 1 or plan.steps[following[0]].arrival == "join"


def test_an_n_shape_keeps_both_of_its_joins_apart():
    plan = compile(workflow_of(a="", b="", c="a", d="a b"))

    assert plan.start == ("a", "b")
    assert plan.chords == (Chord(("a", "b"), "d"),)
    assert plan.steps["c"].arrival == "hop"
    assert plan.sinks == ("c", "d")
    assert plan.width == 2


def test_a_chain_is_one_stretch():
    plan = compile(workflow_of(a="", b="a", c="b"))

    assert plan.chains == (("a", "b", "c"),)
    assert plan.critical_path == ("a", "b", "c")
    assert plan.chords == ()


def test_a_chord_with_one_predecessor_left_is_a_hop():
    plan = compile(workflow_of(a="", b="", c="a b"), finished=["a"])

    assert plan.steps["c"].arrival == "hop"
    assert plan.steps["c"].after == ("a", "b")
    assert plan.chains == (("b", "c"),)


def test_nothing_is_left_when_all_is_finished():
    plan = compile(workflow_of(a="", b="a"), finished={"a", "b"})

    assert (plan.steps, plan.start, plan.critical_path, plan.width) == ({}, (), (), 0)


def test_an_implied_edge_that_another_path_implies_is_left_out():
    workflow = Workflow(
        name="example",
        steps=(
            Step(name="a", task="test.step"),
            Step(name="b", task="test.step", inputs={"x": "$a"}),
            Step(name="c", task="test.step", after=("b",), inputs={"x": "$a"}, when="a"),
            Step(name="d", task="test.step", after=("a", "c")),
        ),
    )

    plan = compile(workflow)

    assert plan.steps["c"].after == ("b",)
    assert plan.steps["d"].after == ("a", "c"), "what was asked in `after` stays"


def test_a_circle_is_refused_and_named():
    with pytest.raises(CycleDetectedError, match="in a circle: a -> b -> c -> a") as caught:
        compile(workflow_of(a="c", b="a", c="b"))

    assert caught.value.cycle == ("a", "b", "c")


def test_an_unknown_finished_step_is_refused():
    with pytest.raises(DAGValidationError, match="step 'aa' is finished but not defined"):
        compile(workflow_of(a=""), finished=["aa"])


def test_ten_thousand_steps_and_forty_thousand_edges_compile_in_proportion():
    quick, slow = seconds_to_compile(1_000), seconds_to_compile(10_000)

    assert slow < 25 * quick  # not a hundred times: nothing goes through all pairs of steps
    assert slow < 10  # a third of a second where nothing else runs


def seconds_to_compile(size: int) -> float:
    rng = random.Random(0)
    steps = []
    for place in range(size):
        sources = rng.sample(range(max(0, place - 1000), place), min(place, 4))
        after, read = sources[:2], sources[2:]
        steps.append(
            Step(
                name=f"s{place}",
                task="test.step",
                after=tuple(f"s{source}" for source in after),
                inputs={f"x{source}": f"$s{source}.field" for source in read},
            )
        )
    workflow = Workflow(name="large", steps=tuple(steps))
    gc.disable()  # it would go through all that other tests have left in this process
    began = time.process_time()
    plan = compile(workflow)
    took = time.process_time() - began
    gc.enable()
    assert len(plan.steps) == size
    return took


def test_a_chain_of_ten_thousand_steps_needs_no_recursion():
    names = [f"s{place}" for place in range(10_000)]
    steps = [Step(name="s0", task="test.step")] + [
        Step(name=name, task="test.step", after=(before,)) for before, name in pairwise(names)
    ]

    plan = compile(Workflow(name="long", steps=tuple(steps)))

    assert plan.chains == (tuple(names),)
    assert plan.critical_path == tuple(names)
