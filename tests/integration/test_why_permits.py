"""Why a parked step waits: a test for each cause that Redis knows."""

import os
import socket
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from orchestrator import Settings, Workflow
from orchestrator.capacity.replies import Granted, Request
from orchestrator.capacity.rules import DEFAULT_RULES
from orchestrator.ledger.flow import claims
from orchestrator.ledger.flow.claim import Message, Wanting
from orchestrator.maintenance import Maintenance
from orchestrator.permits.gate import Gate, Permit
from orchestrator.why.reasons import Cause
from tests.integration.stuck import Stuck, said
from tests.waiting import eventually

RESOURCES: list[dict[str, Any]] = [
    {"name": "gateway", "type": "network", "capacity": 2},
    {"name": "mail-api", "type": "api_quota", "capacity": 1, "per": 60},
    {"name": "migrations", "type": "lock"},
]


class Line(Stuck):
    """Steps that stand in line for permits, as their messages would have workers put them."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.maintenance = Maintenance(settings)
        self.maintenance._permits.declare()
        self.maintenance._permits.sweep()
        coordinator = self.coordinator
        self.door = coordinator._door
        self.gate = Gate(
            self.ledger, coordinator._app, coordinator.application, coordinator.settings
        )
        self.register()

    def close(self) -> None:
        self.maintenance._permits._door.shut()
        self.maintenance.close()
        self.door.shut()
        super().close()

    def enter(self, run_id: str, step: str, worker: str = "w1") -> Permit | None:
        """Let a worker ask for the permits of a step, which is parked where it gets none."""
        claim = partial(claims.claim, self.ledger, Message(run_id, step, 1), worker)
        wanting = claim(self.coordinator._plans, max_losses=3)
        assert isinstance(wanting, Wanting), wanting
        permit = self.gate.enter(wanting, worker)
        if permit is not None:
            claim(self.coordinator._plans, max_losses=3, permit=permit.token)
        return permit

    def hold(self, run_id: str, *steps: str) -> None:
        for step in steps:
            assert self.enter(run_id, step) is not None

    def park(self, run_id: str, *steps: str) -> None:
        for step in steps:
            assert self.enter(run_id, step) is None

    def pass_by(self, name: str, times: int) -> None:
        """Take one and give it back at once, so often."""
        with self.door.asking() as permits:
            permits.beat(["passer"], ttl=60)
            for number in range(times):
                request = Request(f"passer {number}", {name: 1}, "passer")
                assert isinstance(permits.acquire(request, park=False), Granted)
                permits.release(request.id)


@pytest.fixture
def line(tmp_path: Path, ledger_url: str, broker: str) -> Iterator[Line]:
    settings = Settings.model_validate(
        {
            "home": tmp_path,
            "ledger_url": ledger_url,
            "broker_url": broker,
            "packages": ("tests.toy",),
            "workflows": tmp_path,
            "resources": RESOURCES,
        }
    )
    made = Line(settings)
    yield made
    made.close()


def using(name: str, amount: object = 1, resource: str = "gateway", **more: Any) -> dict[str, Any]:
    return {"name": name, "task": "toy.note", "permits": {resource: amount}, **more}


def where() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"


def test_what_is_taken_names_who_holds_it_where_and_the_place_in_line(line: Line) -> None:
    run = line.begin(using("a"), using("b"), using("c"), using("d"))
    line.hold(run, "a", "b")
    line.park(run, "c", "d")

    reason = line.why(run, "d")

    assert (reason.cause, reason.on) == (Cause.PERMIT, ("gateway",))
    assert reason.since is not None
    assert said(reason) == (
        f"waits for a permit of 'gateway': all of it is taken, held by step 'a' of run {run} on "
        f"{where()} since TIME; step 'b' of run {run} on {where()} since TIME; it is number 2 in "
        "line"
    )
    assert said(line.why(run, "c")).endswith("; it is number 1 in line")


def test_of_many_holders_three_are_named(line: Line) -> None:
    line.coordinator.set_capacity("gateway", 5, by="ada", reason="for this test")
    run = line.begin(*(using(f"h{number}") for number in range(5)), using("late"))
    line.hold(run, *(f"h{number}" for number in range(5)))
    line.park(run, "late")

    reason = said(line.why(run, "late"))

    assert reason.count("step 'h") == 3
    assert reason.endswith(" since TIME and 2 more; it is number 1 in line")


def test_who_is_no_step_is_named_as_it_names_itself(line: Line) -> None:
    with line.door.asking() as permits:
        permits.beat(["caller:1"], ttl=60)
        permits.acquire(Request("backup of tonight", {"gateway": 2}, "caller:1"), park=False)
    run = line.begin(using("a"))
    line.park(run, "a")

    assert said(line.why(run, "a")) == (
        "waits for a permit of 'gateway': all of it is taken, held by 'backup of tonight' since "
        "TIME; it is number 1 in line"
    )


def test_a_quota_says_when_it_comes_again(line: Line) -> None:
    run = line.begin(using("a", resource="mail-api"), using("b", resource="mail-api"))
    line.hold(run, "a")
    line.park(run, "b")

    (reason,) = line.coordinator.why(run, "b")  # asked again, it would say less

    begin, end = "waits for a permit of 'mail-api': its quota comes again in ", " s; it is number 1"
    sentence = said(reason)
    assert sentence.startswith(begin)
    assert sentence.endswith(f"{end} in line")
    assert 30 < float(sentence.removeprefix(begin).partition(" s;")[0]) <= 60


def test_what_is_blocked_says_for_how_long(line: Line) -> None:
    line.coordinator.block("gateway", 60, by="ada", reason="429")
    run = line.begin(using("a"))
    line.park(run, "a")

    (reason,) = line.coordinator.why(run, "a")  # asked again, it would say less

    sentence = said(reason)
    begin = "waits for a permit of 'gateway': nothing is granted for "
    assert sentence.startswith(begin)
    assert sentence.endswith(" s more; it is number 1 in line")
    assert 30 < float(sentence.removeprefix(begin).partition(" s")[0]) <= 60


def test_behind_a_writer_readers_wait_in_their_order(line: Line) -> None:
    asked = {"reader": "shared", "writer": "exclusive", "late": "shared"}
    runs = {name: line.begin(using(name, how, "migrations")) for name, how in asked.items()}
    line.hold(runs["reader"], "reader")
    line.park(runs["writer"], "writer")
    line.park(runs["late"], "late")

    held = f"held by step 'reader' of run {runs['reader']} on {where()} since TIME"
    assert said(line.why(runs["writer"], "writer")) == (
        f"waits for a permit of 'migrations': all of it is taken, {held}; it is number 1 in line"
    )
    assert said(line.why(runs["late"], "late")) == (
        f"waits for a permit of 'migrations': step 'writer' of run {runs['writer']} is before it, "
        f"and nobody passes, {held}; it is number 2 in line"
    )


def test_what_is_kept_for_who_starves_says_for_whom(line: Line) -> None:
    asked = {"holder": 1, "big": 2, "small": 1}
    runs = {name: line.begin(using(name, amount)) for name, amount in asked.items()}
    line.hold(runs["holder"], "holder")
    line.park(runs["big"], "big")
    line.pass_by("gateway", DEFAULT_RULES.skips)
    line.park(runs["small"], "small")

    assert said(line.why(runs["small"], "small")) == (
        f"waits for a permit of 'gateway': what is left is kept for step 'big' of run "
        f"{runs['big']}, which has waited longest, held by step 'holder' of run {runs['holder']} "
        f"on {where()} since TIME; it is number 2 in line"
    )


def test_who_asks_for_more_than_is_left_is_about_to_fail(line: Line) -> None:
    run = line.begin(using("holder"), using("big", 2))
    line.hold(run, "holder")
    line.park(run, "big")
    line.coordinator.set_capacity("gateway", 1, by="ada", reason="they lowered it")

    assert said(line.why(run, "big")) == (
        "waits for a permit of 'gateway': it asks for more than there is, and is about to fail; it "
        "is number 1 in line"
    )


def test_what_time_alone_set_free_is_about_to_be_granted(line: Line) -> None:
    line.coordinator.block("gateway", 3, by="ada", reason="429")
    run = line.begin(using("a"))
    line.park(run, "a")

    turn = "waits for a permit of 'gateway': it is about to be granted; it is number 1 in line"
    eventually(lambda: [said(reason) for reason in line.coordinator.why(run, "a")] == [turn])


def test_what_a_run_holds_over_several_steps_names_the_run(line: Line) -> None:
    scoped = Workflow.model_validate(
        {
            "name": "migrate",
            "steps": [
                {"name": "begin", "task": "toy.note"},
                {"name": "end", "task": "toy.note", "after": ["begin"]},
            ],
            "scopes": [{"permits": {"migrations": "exclusive"}, "first": "begin", "last": "end"}],
        }
    )
    one, two = (line.coordinator.submit(scoped).id for _ in range(2))
    line.hold(one, "begin")
    line.park(two, "begin")

    assert said(line.why(two, "begin")) == (
        f"waits for a permit of 'migrations': all of it is taken, held by run {one}, over several "
        "steps since TIME; it is number 1 in line"
    )


def test_a_redis_that_forgot_says_nothing(line: Line) -> None:
    run = line.begin(using("a", 2), using("b", 2))
    line.hold(run, "a")
    line.park(run, "b")
    line.door._open()._client.flushdb()

    reason = line.why(run, "b")

    assert (reason.cause, reason.on) == (Cause.PERMIT, ())
    assert said(reason) == "waits for permits; Redis does not say whose turn it is"
