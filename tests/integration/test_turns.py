"""Runs that are fair by a key take turns at a pool: whose step is handed to the broker next."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from itertools import permutations
from pathlib import Path
from random import Random
from typing import Any

import pytest
import sqlalchemy as sa

from orchestrator import Priority, Run, RunState, Settings, StepState, Workflow, clock
from orchestrator.broker.queues import Queues
from orchestrator.errors import InvalidInput
from orchestrator.ledger import outbox
from orchestrator.ledger.flow import outcomes
from orchestrator.ledger.flow.progress import Turn
from orchestrator.ledger.side_tables import turns
from orchestrator.ledger.tables import runs, steps
from orchestrator.ledger.turns import line
from orchestrator.why.reasons import Cause
from tests.integration.installation import Factory, Installation
from tests.integration.stuck import AGAIN, DONE, Stuck, note, said
from tests.integration.test_round_trips import asked

#: The runs of each customer.
MANY = 15
#: Of a pool of two processes, or of one that nobody has entered.
WINDOW = 4
HERE = {"by": "ada", "reason": "they pay for it"}


def fair(*definition: dict[str, Any], name: str = "fair") -> Workflow:
    return Workflow.model_validate(
        {"name": name, "fair_by": "$input.customer", "steps": list(definition)}
    )


class Shop(Stuck):
    """Runs of several customers at one pool; the test is its only worker."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.queues = Queues(settings.broker_url)

    def submit(self, customer: str, *definition: dict[str, Any], **options: Any) -> str:
        workflow = fair(*(definition or (note("only"),)))
        return self.coordinator.submit(workflow, {"customer": customer}, **options).id

    def with_broker(self) -> list[Any]:
        """Return the steps whose messages are out, in the order in which workers take them."""
        query = (
            sa.select(steps.c.run_id, steps.c.name, steps.c.attempts, runs.c.fair_key)
            .join(runs, runs.c.id == steps.c.run_id)
            .where(steps.c.state == StepState.QUEUED)
        )
        with self.ledger.read() as connection:
            queued = {_id(row): row for row in connection.execute(query)}
        waiting = [
            message
            for level in range(2 * len(Priority))
            for part in self.queues.oldest_first("toy", level)
            for message in part
        ]
        return [queued[message] for message in waiting if message in queued]

    def serve(self) -> str | None:
        """Do the step whose turn it is; return whose it was."""
        waiting = self.with_broker()
        if not waiting:
            return None
        first = waiting[0]
        claimed = self.take(first.run_id, first.name, first.attempts + 1)
        done = outcomes.record(self.ledger, claimed, DONE, self.coordinator._plans)
        self.coordinator._progression.carry_out(done)
        return str(first.fair_key)

    def served(self, count: int = 10_000) -> list[str]:
        found: list[str] = []
        while len(found) < count and (customer := self.serve()) is not None:
            found.append(customer)
        return found

    def line(self) -> set[str]:
        with self.ledger.read() as connection:
            return set(connection.execute(sa.select(turns.c.fair_key)).scalars()) - {""}


@pytest.fixture
def shop(tmp_path: Path, ledger_url: str, broker: str) -> Iterator[Shop]:
    (tmp_path / "inner.yaml").write_text("name: inner\nsteps: [{name: x, task: toy.note}]\n")
    addresses = {"ledger_url": ledger_url, "broker_url": broker}
    made = Shop(Settings(home=tmp_path, workflows=tmp_path, packages=("tests.toy",), **addresses))
    made.register()
    yield made
    made.close()


def test_a_customer_who_comes_late_does_not_wait_behind_anothers_backlog(shop: Shop) -> None:
    for _ in range(40):
        shop.submit("large")
    for _ in range(3):
        shop.submit("small")

    order = shop.served()

    assert len(order) == 43
    assert [n for n, customer in enumerate(order) if customer == "small"][-1] < WINDOW + 2 * 3


def test_only_a_few_of_a_backlog_are_with_the_broker(shop: Shop) -> None:
    for _ in range(40):
        shop.submit("large")

    assert WINDOW // 2 <= len(shop.with_broker()) <= WINDOW


def test_customers_who_always_have_work_are_served_alike(shop: Shop) -> None:
    for customer in ("a", "b", "c"):
        for _ in range(20):
            shop.submit(customer)

    order = shop.served(WINDOW + 30)[WINDOW:]  # the first of `a` went before others were there

    assert max(Counter(order).values()) - min(Counter(order).values()) <= 2


def test_a_weight_gives_more_turns(shop: Shop) -> None:
    assert shop.coordinator.set_weight("gold", 3, **HERE)
    assert not shop.coordinator.set_weight("gold", 3, **HERE)
    for customer in ("gold", "plain"):
        for _ in range(40):
            shop.submit(customer)

    order = Counter(shop.served(WINDOW + 40)[WINDOW:])

    assert order["gold"] == pytest.approx(30, abs=2)


@pytest.mark.parametrize("seed", range(2))
def test_who_has_work_is_never_behind_by_more_than_a_turn_each(shop: Shop, seed: int) -> None:
    """Start-time fair queueing's bound: |A / w(A) - B / w(B)| <= 1 / w(A) + 1 / w(B)."""
    chance = Random(seed)
    weight = {customer: chance.choice((0.5, 1, 2, 3)) for customer in "abcd"}
    for customer, many in weight.items():
        shop.coordinator.set_weight(customer, many, **HERE)
    everybody = [customer for customer in weight for _ in range(MANY)]
    chance.shuffle(everybody)
    for customer in everybody:
        shop.submit(customer)

    order = shop.served(40)
    while max(Counter(order).values()) >= MANY - WINDOW:
        order.pop()  # until then everybody has work in the line
    assert len(order) > 12
    for begin in range(WINDOW, len(order)):
        got: Counter[str] = Counter()
        for customer in order[begin:]:
            got[customer] += 1
            for (one, own), (other, others) in permutations(weight.items(), 2):
                ahead = got[one] / own - got[other] / others
                assert ahead <= 1 / own + 1 / others + 1e-9, ("".join(order), begin, one, other)


def test_what_is_urgent_does_not_wait_behind_what_is_not(shop: Shop) -> None:
    for _ in range(20):
        shop.submit("a", priority=Priority.LOW)

    urgent = shop.submit("a", priority=Priority.CRITICAL)

    assert shop.with_broker()[0].run_id == urgent


def test_the_next_step_of_a_run_takes_its_turn_too(shop: Shop) -> None:
    long = [note("s0"), *(note(f"s{n}", f"s{n - 1}") for n in range(1, 6))]
    shop.submit("large", *long)
    for _ in range(10):
        shop.submit("large")
    shop.submit("small", note("x"), note("y", "x"))

    order = shop.served()

    assert Counter(order) == {"large": 16, "small": 2}


def test_a_paused_pool_gives_no_turns(shop: Shop) -> None:
    shop.coordinator.pause_pool("toy", by="ada", reason="an audit")
    run = shop.submit("a")
    assert shop.with_broker() == []

    shop.coordinator.resume_pool("toy", by="ada", reason="it is over")
    shop.coordinator._progression.take_turns()

    assert [row.run_id for row in shop.with_broker()] == [run]


def test_the_steps_of_a_paused_run_are_passed_over_and_keep_their_place(shop: Shop) -> None:
    for _ in range(WINDOW):
        shop.submit("a")
    held = shop.submit("a")
    shop.coordinator.pause(held, by="ada", reason="an audit")
    after = shop.submit("a")

    assert len(shop.served()) == WINDOW + 1
    assert shop.coordinator.run(after).state is RunState.SUCCEEDED

    shop.coordinator.resume(held, by="ada", reason="it is over")
    assert shop.served() == ["a"]


def test_a_step_that_is_tried_again_takes_its_turn(shop: Shop) -> None:
    run = shop.submit("a")
    shop.finish(run, "only", AGAIN)
    for _ in range(12):
        shop.submit("b")
    shop.change("only", due_at=clock.now() - dt.timedelta(seconds=1))

    assert outbox.wake(shop.ledger) == []
    shop.coordinator._progression.take_turns()

    assert "a" in shop.served(WINDOW + 2)[WINDOW:]
    assert shop.coordinator.run(run).state is RunState.SUCCEEDED


def test_what_a_process_freed_that_died_before_it_moved_the_line_goes_on(shop: Shop) -> None:
    run = shop.submit("a", note("x"), note("y", "x"))
    outcomes.record(shop.ledger, shop.take(run, "x"), DONE, shop.coordinator._plans)
    assert shop.with_broker() == []

    shop.coordinator._progression.take_turns()

    assert [row.name for row in shop.with_broker()] == ["y"]


def test_who_has_nothing_left_leaves_the_line(shop: Shop) -> None:
    shop.submit("a")
    shop.submit("b")
    shop.served()
    shop.submit("c")

    assert shop.line() <= {"c"}


def test_everybody_in_every_line_is_found_by_a_few_questions(shop: Shop) -> None:
    for priority in (Priority.HIGH, Priority.LOW):
        for number in range(40):
            shop.submit(f"c{number % 20:02}", priority=priority)
    standing = {(each.priority, each.fair_key) for each in shop.coordinator.standing()}
    assert len(standing) > 30

    with asked(shop.ledger) as statements:
        found = line.all_standing(shop.ledger)

    assert found == [Turn("toy", *place) for place in sorted(standing)]
    assert len(statements) == 2 * 2 + 1  # two a line, and one that finds no more


def test_a_run_without_a_key_takes_no_turns(shop: Shop) -> None:
    for _ in range(20):
        shop.submit("a")
    run = shop.begin(note("free"))

    assert run in [row.run_id for row in shop.with_broker()]


def test_many_runs_at_once_stand_in_line(shop: Shop) -> None:
    inputs = [{"customer": f"c{n % 3}"} for n in range(30)]
    shop.coordinator.submit_many(fair(note("only")), inputs)

    assert len(shop.with_broker()) == WINDOW
    assert Counter(shop.served()) == {"c0": 10, "c1": 10, "c2": 10}


def test_who_stands_in_line_is_told_whose_turn_is_next_first(shop: Shop) -> None:
    shop.coordinator.set_weight("gold", 2.5, **HERE)
    for customer in [*["large"] * 9, "gold"]:
        shop.submit(customer)

    assert [(s.pool, s.priority, s.fair_key, s.weight) for s in shop.coordinator.standing()] == [
        ("toy", Priority.NORMAL, "gold", 2.5),
        ("toy", Priority.NORMAL, "large", 1.0),
    ]


@pytest.mark.parametrize(("key", "weight"), [("a", 0), ("a", -1), ("a", float("nan")), ("", 2)])
def test_what_is_no_weight_is_refused(shop: Shop, key: str, weight: float) -> None:
    with pytest.raises(InvalidInput):
        shop.coordinator.set_weight(key, weight, **HERE)


def test_a_child_takes_turns_with_its_parents_key(shop: Shop) -> None:
    run = shop.submit("a", {"name": "child", "workflow": "inner"})

    (child,) = [each.run_id for each in shop.with_broker()]
    assert child != run
    assert shop.with_broker()[0].fair_key == "a"


def test_why_says_that_others_have_their_turn(shop: Shop) -> None:
    for _ in range(10):
        shop.submit("large")
    run = shop.submit("small")

    reason = shop.why(run, "only")

    assert (reason.cause, reason.on) == (Cause.TURN, ("toy",))
    assert said(reason) == (
        "waits for its turn at pool 'toy', where runs take turns by what they are fair by: "
        "1 step of 'small' stands in line, one of 2 who do"
    )


def test_one_customers_backlog_does_not_hold_back_another_at_work(install: Factory) -> None:
    toy = install()
    toy.start_pool()
    toy.start_maintenance()
    nap = note("nap", inputs={"seconds": 0.02})
    backlog = _submit_many(toy, fair(nap), "large", 300)
    toy.until_started(backlog[0], "nap")

    run = toy.coordinator.submit(
        fair(nap, note("then", "nap", inputs={"seconds": 0.02}), name="short"),
        {"customer": "small"},
    )
    assert toy.wait(run).state is RunState.SUCCEEDED

    done = sum(toy.coordinator.run(each.id).state.is_final for each in backlog)
    assert done < 150  # it came when the first of 300 ran, and did not wait for them
    for each in backlog:
        assert toy.wait(each, within=40).state is RunState.SUCCEEDED


@pytest.mark.timeout(90)
def test_any_shape_ends_in_turns(toy: Installation) -> None:
    """A fan-out wider than any window, a join and a map, of one customer."""
    wide = [note(f"w{n}") for n in range(80)]
    shape = fair(
        {
            "name": "each",
            "task": "toy.add",
            "map": {"over": list(range(20)), "limit": 3},
            "inputs": {"a": "$item"},
        },
        *wide,
        note("join", *(step["name"] for step in wide), "each"),
        note("last", "join"),
        name="shape",
    )

    run = toy.wait(toy.coordinator.submit(shape, {"customer": "a"}), within=60)

    assert run.state is RunState.SUCCEEDED, run.error
    found = toy.steps(run)
    assert {step.attempts for step in found.values()} == {1}
    starts = [entry.step for entry in toy.diary(run, "start")]
    assert starts[-2:] == ["join", "last"]


def _id(row: Any) -> str:
    return f"{row.run_id}:{row.name}:{row.attempts + 1}"


def _submit_many(toy: Installation, workflow: Workflow, customer: str, count: int) -> list[Run]:
    made = toy.coordinator.submit_many(workflow, [{"customer": customer}] * count)
    return [toy.coordinator.run(run_id) for run_id in made]
