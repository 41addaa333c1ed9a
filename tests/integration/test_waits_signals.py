"""Signals: to the step that waits for one, kept for one that will, refused where none does."""

from typing import Any

import pytest

from orchestrator import RunState, StepState
from orchestrator.errors import IdempotencyConflict, InvalidAnswer, NotWaiting
from tests.integration.desk import Desk, note, waits

PAID = {"amount": "number"}


def payment(name: str = "paid", **more: Any) -> dict[str, Any]:
    return waits(name, signal="payment_received", **{"answer": PAID, **more})


def test_a_signal_ends_the_step_that_waits_for_it(desk: Desk) -> None:
    run_id = desk.begin(payment(), note("then", "paid"))

    taken_by = desk.coordinator.signal(
        run_id, "payment_received", {"amount": "12.50"}, by="the bank", reason="transfer 77"
    )

    assert taken_by == "paid"
    assert desk.coordinator.results(run_id) == {"paid": {"amount": "12.50"}}
    assert desk.states(run_id)["then"] is StepState.QUEUED
    said = {"by": "the bank", "reason": "transfer 77"}
    assert desk.log(run_id, "step.succeeded") == [said]
    assert desk.log(run_id, "signal.received") == [
        {"signal": "payment_received", "taken_by": "paid", **said}
    ]


def test_a_signal_that_comes_early_is_kept_and_answers_at_once(desk: Desk) -> None:
    run_id = desk.begin(waits(person="ann"), payment(after=["ask"]))

    assert desk.coordinator.signal(run_id, "payment_received", {"amount": 5}, by="bank") is None
    desk.coordinator.answer(run_id, "ask", 1, by="ann")

    assert desk.state(run_id) is RunState.SUCCEEDED
    assert desk.coordinator.results(run_id)["paid"] == {"amount": "5"}
    assert desk.log(run_id, "signal.taken") == [{"signal": "payment_received", "by": "bank"}]


def test_of_early_signals_the_oldest_is_taken_first_and_each_once(desk: Desk) -> None:
    run_id = desk.begin(
        waits(person="ann"), payment("first", after=["ask"]), payment("second", after=["first"])
    )
    for amount in (1, 2):
        desk.coordinator.signal(run_id, "payment_received", {"amount": amount}, by="bank")

    desk.coordinator.answer(run_id, "ask", 0, by="ann")

    results = desk.coordinator.results(run_id)
    assert (results["first"], results["second"]) == ({"amount": "1"}, {"amount": "2"})


def test_steps_of_one_signal_each_take_what_fits_them(desk: Desk) -> None:
    run_id = desk.begin(
        payment("in_part", answer={"part": "integer"}), payment("in_full", answer=PAID)
    )

    assert desk.coordinator.signal(run_id, "payment_received", {"amount": 1}, by="b") == "in_full"
    with pytest.raises(InvalidAnswer, match="the answer to step 'in_part' does not fit"):
        desk.coordinator.signal(run_id, "payment_received", {"amount": 1}, by="b")


def test_the_same_key_is_the_same_signal_even_after_the_run_has_ended(desk: Desk) -> None:
    run_id = desk.begin(payment())
    sent = {"by": "bank", "idempotency_key": "transfer 77"}

    for _ in range(3):
        taken = desk.coordinator.signal(run_id, "payment_received", {"amount": "1"}, **sent)
        assert taken == "paid"

    assert desk.state(run_id) is RunState.SUCCEEDED
    assert len(desk.log(run_id, "signal.received")) == 1
    with pytest.raises(IdempotencyConflict, match="'transfer 77' sent signal 'payment_received'"):
        desk.coordinator.signal(run_id, "payment_received", {"amount": "2"}, **sent)


def test_a_signal_that_nobody_waits_for_any_more_is_refused(desk: Desk) -> None:
    run_id = desk.begin(payment(), waits(person="ann"))
    desk.coordinator.signal(run_id, "payment_received", {"amount": 1}, by="the bank")

    with pytest.raises(NotWaiting, match=r"'paid' .* waits no longer: the bank has answered"):
        desk.coordinator.signal(run_id, "payment_received", {"amount": 2}, by="the shop")


def test_a_signal_with_another_name_is_refused_with_the_one_probably_meant(desk: Desk) -> None:
    run_id = desk.begin(payment())

    with pytest.raises(NotWaiting, match="'payment_recieved', did you mean 'payment_received'"):
        desk.coordinator.signal(run_id, "payment_recieved", by="bank")


def test_a_signal_that_does_not_fit_is_refused_also_when_it_comes_early(desk: Desk) -> None:
    run_id = desk.begin(waits(person="ann"), payment(after=["ask"]))

    with pytest.raises(InvalidAnswer, match="'amount': input should be a valid decimal"):
        desk.coordinator.signal(run_id, "payment_received", {"amount": "much"}, by="bank")

    assert desk.log(run_id, "signal.received") == []


def test_signals_that_are_open_are_in_the_inbox(desk: Desk) -> None:
    run_id = desk.begin(payment(deadline="1 day"), waits(person="ann"), waits("t", timer="1 h"))

    (found,) = desk.coordinator.waits(signal="payment_received", run_id=run_id)
    assert (found.step, found.answer) == ("paid", PAID)
    assert {w.step for w in desk.coordinator.waits(run_id=run_id)} == {"paid", "ask"}
    assert {w.step for w in desk.coordinator.waits(person="ann", signal="x")} == {"ask"}
    assert desk.coordinator.waits(run_id="nowhere") == []
