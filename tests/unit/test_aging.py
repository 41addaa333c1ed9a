"""How much waiting gains a step."""

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from orchestrator import Priority
from orchestrator.ledger.outbox import Dispatch
from orchestrator.states import broker_level
from orchestrator.upkeep.aging import SHARE, Aged, boost_of, places, to_raise

NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
BOUND = 600.0

priorities = st.sampled_from(Priority)
lower = st.sampled_from([p for p in Priority if p is not Priority.CRITICAL])
seconds = st.floats(min_value=0, max_value=1e6)


def aged(name: str, waited: float, boost: int = 0, priority: int = Priority.BACKGROUND) -> Aged:
    level = broker_level(priority, boost)
    dispatch = Dispatch("run", name, 1, "toy", level, "version", NOW)
    return Aged(dispatch, priority, boost, NOW - dt.timedelta(seconds=waited))


@given(priorities, seconds, seconds)
def test_waiting_longer_never_makes_a_step_less_urgent(
    priority: Priority, one: float, other: float
) -> None:
    shorter, longer = sorted((one, other))

    assert boost_of(priority, shorter, BOUND) <= boost_of(priority, longer, BOUND)


@given(lower, st.floats(min_value=BOUND, max_value=1e6))
def test_whoever_has_waited_to_the_bound_comes_before_critical(
    priority: Priority, waited: float
) -> None:
    level = broker_level(priority, boost_of(priority, waited, BOUND))

    assert level < Priority.CRITICAL.broker_level


@given(priorities)
def test_whoever_has_not_waited_gains_nothing(priority: Priority) -> None:
    assert boost_of(priority, 0, BOUND) == 0


@given(seconds)
def test_critical_gains_nothing_for_nothing_is_above_it(waited: float) -> None:
    assert boost_of(Priority.CRITICAL, waited, BOUND) == 0


@given(st.integers(min_value=SHARE, max_value=10_000))
def test_half_a_pool_is_left_to_what_is_urgent_by_itself(processes: int) -> None:
    raisable = len(Priority) - 1

    assert places(processes) * raisable <= processes / 2


def test_a_pool_without_workers_has_no_places() -> None:
    assert (places(0), places(1), places(SHARE - 1)) == (0, 1, 1)


def test_those_that_have_waited_longest_are_raised_and_no_more_than_there_are_places() -> None:
    waiting = [aged("a", 700), aged("b", 900), aged("c", 800)]

    raised = to_raise(waiting, NOW, bound=BOUND, places=2)

    assert [(step.dispatch.step, step.dispatch.level) for step in raised] == [("b", 0), ("c", 0)]


def test_a_step_that_was_raised_keeps_its_place_until_it_starts() -> None:
    waiting = [aged("older", 900), aged("raised", 500, boost=5)]

    assert to_raise(waiting, NOW, bound=BOUND, places=1) == []


def test_a_step_is_raised_level_by_level() -> None:
    raised = to_raise([aged("a", 250, boost=1)], NOW, bound=BOUND, places=1)

    assert [(step.boost, step.dispatch.level) for step in raised] == [(2, 5)]
