"""Which steps each mode lets start, whatever there is: policies are pure."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator import modes
from orchestrator.modes import Busy, Candidate, Doing
from orchestrator.states import ExecutionMode, Priority

LEVELS = st.sampled_from([int(level) for level in Priority])
POOLS = st.sampled_from(["billing", "inventory"])
PLACES = st.tuples(st.sampled_from(["r1", "r2", "r3"]), st.sampled_from("abcd"))
DEMANDS = st.one_of(st.just({}), st.dictionaries(POOLS, st.integers(1, 3), min_size=1, max_size=2))
CANDIDATES = st.lists(
    st.builds(Candidate, PLACES, LEVELS, DEMANDS, st.none() | PLACES),
    unique_by=lambda candidate: candidate.place,
)
BUSY = st.lists(
    st.builds(Busy, st.just(Doing.WORKS), LEVELS)
    | st.builds(Busy, st.just(Doing.WAITS), LEVELS)
    | st.builds(Busy, st.just(Doing.MAKES_WAY), LEVELS, PLACES, st.none() | PLACES)
)
FREE = st.dictionaries(POOLS, st.integers(0, 4))


def candidate(name: str, level: int = 2, within: modes.Place | None = None, **demand: int):
    return Candidate(("r1", name), level, demand or {"billing": 1}, within)


@given(st.sampled_from(ExecutionMode), CANDIDATES, BUSY, FREE)
def test_what_is_admitted_are_candidates_and_each_once(mode, candidates, busy, free):
    admitted = modes.admit(mode, candidates, busy, free)

    places = [step.place for step in admitted]
    assert len(set(places)) == len(places)
    assert set(places) <= {step.place for step in candidates}


@given(CANDIDATES, BUSY, FREE)
def test_sequential_starts_one_and_only_when_nothing_works_or_waits(candidates, busy, free):
    admitted = modes.admit(ExecutionMode.SEQUENTIAL, candidates, busy, free)

    assert len(admitted) <= 1
    if any(step.doing is not Doing.MAKES_WAY for step in busy):
        assert admitted == []
    elif not busy:
        assert admitted == candidates[:1]


@given(CANDIDATES, BUSY, FREE)
def test_sequential_passes_over_no_earlier_step_with_the_same_right(candidates, busy, free):
    whose = modes.innermost(busy)
    for step in modes.admit(ExecutionMode.SEQUENTIAL, candidates, busy, free):
        rights = [not whose or other.within in whose for other in candidates]
        assert candidates.index(step) == rights.index(True)


@given(CANDIDATES, BUSY, FREE)
def test_parallel_holds_nothing_back(candidates, busy, free):
    assert modes.admit(ExecutionMode.PARALLEL, candidates, busy, free) == candidates


@given(CANDIDATES, BUSY, FREE)
def test_priority_starts_the_most_urgent_level_whole_and_nothing_below_it(candidates, busy, free):
    admitted = modes.admit(ExecutionMode.PRIORITY, candidates, busy, free)

    working = [step.level for step in busy if step.doing is Doing.WORKS]
    urgent = min([*working, *(step.level for step in candidates)], default=None)
    assert admitted == [step for step in candidates if step.level == urgent]


@given(CANDIDATES, BUSY, FREE)
def test_resources_are_never_given_out_twice_and_what_is_left_fits_nobody(candidates, busy, free):
    admitted = modes.admit(ExecutionMode.RESOURCE_AWARE, candidates, busy, free)

    left = dict(free)
    for step in admitted:
        for name, amount in step.demand.items():
            left[name] = left.get(name, 0) - amount
    assert all(amount >= 0 for amount in left.values())
    for step in candidates:
        if step not in admitted:
            assert any(left.get(name, 0) < amount for name, amount in step.demand.items())


@given(CANDIDATES, FREE)
def test_nobody_is_kept_out_by_nothing(candidates, free):
    for mode in set(ExecutionMode) - {ExecutionMode.RESOURCE_AWARE}:
        assert bool(modes.admit(mode, candidates, [], free)) == bool(candidates)


def test_of_one_level_the_less_demanding_comes_first():
    steps = [candidate("big", billing=3), candidate("small", billing=1)]

    admitted = modes.admit(ExecutionMode.RESOURCE_AWARE, steps, [], {"billing": 3})

    assert [step.place[1] for step in admitted] == ["small"]


def test_a_more_urgent_step_comes_before_a_less_demanding_one():
    steps = [candidate("small", level=2, billing=1), candidate("big", level=1, billing=3)]

    admitted = modes.admit(ExecutionMode.RESOURCE_AWARE, steps, [], {"billing": 3})

    assert [step.place[1] for step in admitted] == ["big"]


def test_a_step_that_waits_for_its_child_makes_way_for_the_childs_steps_alone():
    parent = ("r0", "ask")
    steps = [candidate("other"), candidate("childs", within=parent)]

    admitted = modes.admit(ExecutionMode.SEQUENTIAL, steps, [Busy(Doing.MAKES_WAY, 2, parent)], {})

    assert [step.place[1] for step in admitted] == ["childs"]


def test_the_innermost_of_those_that_make_way_decides():
    outer, inner = ("r0", "build"), ("r0", "build[0]")
    steps = [candidate("element", within=outer), candidate("of_child", within=inner)]
    busy = [Busy(Doing.MAKES_WAY, 2, outer), Busy(Doing.MAKES_WAY, 2, inner, within=outer)]

    admitted = modes.admit(ExecutionMode.SEQUENTIAL, steps, busy, {})

    assert [step.place[1] for step in admitted] == ["of_child"]


@pytest.mark.parametrize("doing", [Doing.WAITS, Doing.MAKES_WAY])
def test_by_priority_what_waits_holds_nobody_up(doing):
    steps = [candidate("low", level=3)]
    busy = [Busy(doing, 0, ("r0", "ask") if doing is Doing.MAKES_WAY else None)]

    assert modes.admit(ExecutionMode.PRIORITY, steps, busy, {}) == steps
