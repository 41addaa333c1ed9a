"""An end and what becomes of the next step, in one statement, leave what many leave, or nothing."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from orchestrator.ledger.flow import at_once, outcomes, ways
from orchestrator.ledger.flow.claim import Claim
from orchestrator.ledger.flow.finishing import written
from orchestrator.ledger.flow.outcome import Outcome
from orchestrator.ledger.flow.progress import Progress
from orchestrator.ledger.flow.taking import wanted
from orchestrator.ledger.flow.ways import Way
from orchestrator.ledger.locked import lock
from orchestrator.ledger.tables import WIDE_JOIN, runs, steps, workers
from orchestrator.ledger.verbs import again
from orchestrator.plan import WINDOW
from orchestrator.states import Priority, RunState, StepState
from tests.integration.book import DONE, step
from tests.integration.shelf import CHAIN, Shelf
from tests.integration.test_verbs_races import waits_for_a_lock
from tests.waiting import eventually

PARTS = [f"s{n:03}" for n in range(WIDE_JOIN + 20)]
WIDE = [step("a"), *(step(part, "a") for part in PARTS), step("z", *PARTS)]

#: A crowd of which each step leads to two small joins.
SMALL = [
    step("a"),
    *(step(part, "a") for part in PARTS),
    *(step(f"j{n}", *PARTS[n : n + 3]) for n in range(4)),
    step("z", *PARTS),
]

#: Definitions, by what stands after the step that ends; and that step.
SHAPES: dict[str, tuple[list[dict[str, Any]], str]] = {
    "one step": (CHAIN, "a"),
    "a join of many": (WIDE, PARTS[0]),
    "joins of few and of many": (SMALL, PARTS[2]),
}


@pytest.fixture(params=SHAPES)
def begin(request: pytest.FixtureRequest, ledger_url: str) -> Iterator[Callable[[], Any]]:
    """Make a shelf with a claim of the step that is to end."""
    definition, ending = SHAPES[request.param]
    made: list[Shelf] = []

    def make() -> tuple[Shelf, Claim]:
        shelf = Shelf(ledger_url, definition)
        made.append(shelf)
        shelf.register("w1")
        if ending != "a":
            shelf.finish("a")
        return shelf, shelf.take(ending)

    yield make
    for shelf in made:
        shelf.ledger.close()


@pytest.fixture
def wide(ledger_url: str) -> Iterator[Shelf]:
    shelf = Shelf(ledger_url, WIDE)
    shelf.register("w1")
    shelf.finish("a")
    yield shelf
    shelf.ledger.close()


def in_statements(shelf: Shelf, claim: Claim, *, takes: bool = True) -> Progress:
    """End a step as where the run does not stand as is usual."""
    taker = shelf.taker(claim, DONE) if takes else None
    with shelf.ledger.write() as connection:
        return outcomes.record_in(connection, claim, DONE, shelf.plan_of, taker)


def in_one(shelf: Shelf, claim: Claim, *, takes: bool = True) -> Progress | None:
    taker = shelf.taker(claim, DONE) if takes else None
    return at_once.end(shelf.ledger, claim, DONE, shelf.plan, taker)


def assert_it_leaves_nothing(shelf: Shelf, claim: Claim, *, takes: bool = True) -> None:
    rows, log = shelf.rows(), shelf.log()

    assert in_one(shelf, claim, takes=takes) is None
    assert shelf.rows() == rows
    assert shelf.log() == log


def alike(progress: Progress | None) -> Progress:
    """Return what is told without what differs from run to run."""
    assert progress is not None
    assert progress.taken is not None
    return replace(progress, run_id="", taken=replace(progress.taken, run_id="", token=""))


def test_it_leaves_what_many_statements_leave(begin: Callable[[], tuple[Shelf, Claim]]) -> None:
    (one, claim), (many, other) = begin(), begin()

    told, wanted = in_one(one, claim), in_statements(many, other)

    assert alike(told) == alike(wanted)
    assert one.rows() == many.rows()
    assert one.log() == many.log()
    assert one.times() == many.times()


JOINS = [step("a"), step("b"), step("c"), step("j", "a", "b", "c"), step("k", "c", "a")]

#: What has ended before `a` does, and what that sets free or brings nearer.
FREEING: dict[str, tuple[list[dict[str, Any]], list[str], list[str], list[str]]] = {
    "one step": (CHAIN, [], ["b"], []),
    "joins that wait for more": (JOINS, [], [], ["j", "k"]),
    "a join that waits for nothing else": (JOINS, ["c"], [], ["j", "k"]),
}


@pytest.mark.parametrize("outcome", [DONE, Outcome(StepState.SKIPPED, reason="there is nothing")])
@pytest.mark.parametrize("shape", FREEING)
def test_it_frees_what_many_statements_free(ledger_url: str, shape: str, outcome: Outcome) -> None:
    definition, before, hops, joins = FREEING[shape]
    shelves = [Shelf(ledger_url, definition) for _ in range(2)]
    one, many = shelves
    for shelf in shelves:
        shelf.register("w1")
        for name in before:
            shelf.finish(name)
    claims = [shelf.take("a", worker=shelf.register(f"w{n}")) for n, shelf in enumerate(shelves)]

    told = at_once.end(one.ledger, claims[0], outcome, one.plan, None)
    with many.ledger.write() as connection:
        wanted = outcomes.record_in(connection, claims[1], outcome, many.plan_of)

    assert told is not None
    assert replace(told, run_id="") == replace(wanted, run_id="")
    assert [hop.step for hop in told.hops] == hops
    assert [part.step for part in told.joins] == joins
    assert [row | {"worker": None} for row in one.rows()] == [
        row | {"worker": None} for row in many.rows()
    ]
    assert one.log() == many.log()
    assert one.times() == many.times()
    for shelf in shelves:
        shelf.ledger.close()


def of_run(**values: Any) -> Callable[[Shelf], None]:
    return lambda shelf: shelf.change(runs, **values)


def of_taker(**values: Any) -> Callable[[Shelf], None]:
    return lambda shelf: shelf.change(workers, **values)


def of_steps(**values: Any) -> Callable[[Shelf], None]:
    return lambda shelf: shelf.change(steps, **values)


@pytest.mark.parametrize(
    "unusual",
    [
        of_run(state=RunState.PAUSED),
        of_run(ending=RunState.CANCELLED),
        of_run(version="another"),
        of_run(gated=True, as_planned=False),
        of_taker(doomed=True),
        of_taker(lease_until=sa.func.now()),
        of_steps(token="another"),
        of_steps(priority=Priority.LOW),
        Shelf.pause_pool,
    ],
    ids=[
        "paused",
        "coming to its end",
        "of another version",
        "gated",
        "doomed",
        "lease over",
        "taken over",
        "less urgent",
        "paused pool",
    ],
)
def test_where_something_is_unusual_it_leaves_nothing(
    begin: Callable[[], tuple[Shelf, Claim]], unusual: Callable[[Shelf], None]
) -> None:
    shelf, claim = begin()
    unusual(shelf)

    assert_it_leaves_nothing(shelf, claim)


@pytest.mark.parametrize(
    "unusual",
    [
        of_run(state=RunState.PAUSED),
        of_run(ending=RunState.CANCELLED),
        of_run(version="another"),
        of_run(gated=True, as_planned=False),
        of_run(fair_key="customer", as_planned=False),
        of_steps(token="another"),
    ],
    ids=["paused", "coming to its end", "of another version", "gated", "in turns", "taken over"],
)
@pytest.mark.parametrize("definition", [CHAIN, JOINS], ids=["one step", "joins"])
def test_where_something_is_unusual_it_frees_nothing(
    ledger_url: str, unusual: Callable[[Shelf], None], definition: list[dict[str, Any]]
) -> None:
    shelf = Shelf(ledger_url, definition)
    claim = shelf.take("a", worker=shelf.register("w1"))
    unusual(shelf)

    assert_it_leaves_nothing(shelf, claim, takes=False)
    shelf.ledger.close()


def test_a_join_that_waits_no_more_is_left_to_many_statements(ledger_url: str) -> None:
    shelf = Shelf(ledger_url, JOINS)
    claim = shelf.take("a", worker=shelf.register("w1"))
    shelf.change_step("k", state=StepState.SKIPPED)

    assert_it_leaves_nothing(shelf, claim, takes=False)
    assert [part.step for part in shelf.record(claim).joins] == ["j"]
    shelf.ledger.close()


def test_ends_that_count_for_the_same_joins_at_once_count_once_each(ledger_url: str) -> None:
    many = [f"s{n}" for n in range(WINDOW)]  # more would be a crowd
    joins = [f"j{n:02}" for n in range(8)]
    for_each = [step(join, *(many if n % 2 else reversed(many))) for n, join in enumerate(joins)]
    shelf = Shelf(ledger_url, [*(step(name) for name in many), *for_each])
    claims = [shelf.take(name, worker=shelf.register(f"w-{name}")) for name in many]

    with ThreadPoolExecutor(6) as workers_:
        told = list(workers_.map(lambda claim: in_one(shelf, claim, takes=False), claims))

    assert all(progress is not None for progress in told)
    assert [shelf.column("missing")[join] for join in joins] == [0] * len(joins)
    assert {shelf.column("state")[join] for join in joins} == {"queued"}
    shelf.ledger.close()


def test_the_last_of_a_crowd_leaves_nothing_to_it(wide: Shelf) -> None:
    claims = [wide.take(part) for part in PARTS]

    assert_it_leaves_nothing(wide, claims[-1])
    assert [each.step for each in wide.end(claims[-1]).joins] == ["z"]


def test_a_run_that_was_done_again_is_counted_by_the_ledger(wide: Shelf) -> None:
    (first, second), rest = PARTS[:2], PARTS[2:]
    wide.finish(first)
    claim = wide.take(second)
    do_again(wide, first)

    progress = wide.end(claim)

    assert progress.taken is not None
    assert progress.joins == ()
    assert wide.column("missing")["z"] == len(rest) + 1


def test_an_end_that_waited_for_a_retry_knows_of_it(wide: Shelf) -> None:
    first, second = PARTS[:2]
    wide.finish(first)
    claim = wide.take(second)

    with ThreadPoolExecutor(1) as worker:
        with wide.ledger.write() as connection:
            do_again_in(connection, wide, first, "z")
            ending = worker.submit(wide.end, claim)
            eventually(lambda: waits_for_a_lock(wide))
        progress = ending.result(timeout=20)

    assert progress.joins == ()
    assert wide.column("missing")["z"] == len(PARTS) - 1


def test_an_end_that_waited_for_a_pause_takes_nothing(
    begin: Callable[[], tuple[Shelf, Claim]],
) -> None:
    shelf, claim = begin()

    with ThreadPoolExecutor(1) as worker:
        with shelf.ledger.write() as connection:
            lock(connection, shelf.run_id, exclusive=True)
            connection.execute(sa.update(runs).values(state=RunState.PAUSED, paused_for="run"))
            ending = worker.submit(shelf.end, claim)
            eventually(lambda: waits_for_a_lock(shelf))
        assert ending.result(timeout=20).taken is None

    assert shelf.column("state")[claim.step] == "succeeded"
    assert "running" not in shelf.column("state").values()


def test_a_step_that_somebody_holds_is_not_waited_for(postgres_ledger_url: str) -> None:
    shelf = Shelf(postgres_ledger_url, WIDE)
    shelf.register("w1")
    shelf.finish("a")
    claim = shelf.take(PARTS[0])
    with shelf.ledger.write() as connection:
        held = sa.select(steps.c.name).where(steps.c.name == PARTS[1]).with_for_update()
        assert connection.execute(held).all()

        taken = alike(in_one(shelf, claim)).taken

    assert taken is not None
    assert taken.step == PARTS[2]
    shelf.ledger.close()


@pytest.mark.parametrize("way", [w for w in vars(ways).values() if isinstance(w, ways.Way)])
def test_on_sqlite_a_way_finds_its_rows_by_their_names(sqlite_ledger_url: str, way: Way) -> None:
    shelf = Shelf(sqlite_ledger_url, SMALL)
    claim = shelf.take("a", worker=shelf.register("w1"))
    asked = written(claim, DONE) | wanted(shelf.taker(claim, DONE))
    asked |= {"version": claim.version, "following": "b", "joins": ["j1"]}
    plans: list[str] = []

    def explain(connection: sa.Connection, _: object, statement: str, given: Any, *__: Any) -> None:
        if statement.startswith("UPDATE"):
            found = connection.connection.driver_connection
            assert found is not None
            plans.extend(row[3] for row in found.execute(f"EXPLAIN QUERY PLAN {statement}", given))

    sa.event.listen(shelf.ledger.engine, "before_cursor_execute", explain)
    with shelf.ledger.write() as connection:
        connection.execute(way.on_sqlite, asked)

    assert "(run_id=? AND name=?)" in plans[0]
    of_tables = [plan for plan in plans if "orchestrator_" in plan]
    assert all(plan.startswith("SEARCH") for plan in of_tables), of_tables
    shelf.ledger.close()


def do_again(shelf: Shelf, name: str) -> None:
    with shelf.ledger.write() as connection:
        do_again_in(connection, shelf, name, "z")


def do_again_in(connection: sa.Connection, shelf: Shelf, *names: str) -> None:
    run = lock(connection, shelf.run_id, exclusive=True)
    past = again.look(connection, shelf.run_id)
    again.do_again(connection, run, shelf.plan, past, set(names))
