"""What the benchmarks compare with is right: schedules, bounds, the model of the wall."""

import pytest

from tests.benchmarks.dags import Dag, random_dag
from tests.benchmarks.figures import Chart, Goal, keep, kept
from tests.benchmarks.wall import Cost, Model, Place, throughput

#: Two steps at once, and then one that needs the first.
FORK = Dag("fork", {"a": (), "b": (), "c": ("a",)}, {"a": 1.0, "b": 1.0, "c": 2.0})


@pytest.mark.parametrize(("workers", "bound", "scheduled"), [(1, 4.0, 4.0), (2, 3.0, 3.0)])
def test_a_list_schedule_takes_what_is_ready_first(
    workers: int, bound: float, scheduled: float
) -> None:
    assert FORK.bound(workers) == bound
    assert FORK.list_schedule(workers) == scheduled


@pytest.mark.parametrize("seed", range(5))
def test_a_list_schedule_lies_between_the_bound_and_twice_the_bound(seed: int) -> None:
    dag = random_dag(seed, 40)

    for workers in (1, 2, 4):
        assert dag.bound(workers) <= dag.list_schedule(workers) + 1e-9
        assert dag.list_schedule(workers) <= 2 * dag.bound(workers)


def test_levels_are_the_steps_of_the_longest_path() -> None:
    assert FORK.levels == 2


def test_one_worker_waits_for_nobody() -> None:
    places = [Place("ledger", 0.01, processors=4), Place("broker", 0.02)]

    assert throughput(1, 0.07, places) == pytest.approx(10)


def test_many_workers_are_as_fast_as_the_slowest_place() -> None:
    places = [Place("ledger", 0.04, processors=4), Place("broker", 0.02)]

    assert throughput(1_000, 0.07, places) == pytest.approx(50, rel=0.01)


def test_the_model_knows_what_is_in_the_way() -> None:
    model = Model(Cost(ledger=0.001, broker=0.0005, worker=0.002, bytes=4000), 0.01, processors=2)

    rate, busy = model.elsewhere(1_000, 0.09)

    assert rate == pytest.approx(2_000, rel=0.01)
    assert max(busy, key=busy.__getitem__) == "broker"
    assert busy["broker"] == pytest.approx(1.0, rel=0.01)


def test_a_goal_says_whether_it_was_reached() -> None:
    assert Goal("rate", 1.2, 1.0).is_reached
    assert not Goal("time", 1.2, 1.0, " s", at_most=True).is_reached
    assert Goal("time", 1.2, 1.0, " s", at_most=True).wanted == "≤ 1 s"


def test_figures_of_another_row_stay_where_a_chart_is_measured_in_parts(tmp_path) -> None:
    keep([Chart("c", "Title", "s", ["x"], {"old": [1.0], "both": [1.0]})], tmp_path)
    keep([Chart("c", "Title", "s", ["x"], {"new": [2.0], "both": [2.0]})], tmp_path)

    (chart,) = kept(tmp_path)
    assert chart.rows == {"old": [1.0], "both": [2.0], "new": [2.0]}
