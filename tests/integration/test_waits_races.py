"""Two who want the same of a waiting step at once: one wins, the other is told."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from orchestrator import Coordinator, RunState, StepState
from orchestrator.errors import OrchestratorError
from orchestrator.ledger import moved_clock
from orchestrator.ledger.waiting import deadlines
from orchestrator.maintenance import Maintenance
from tests.integration.desk import DAY, Desk, note, waits

Move = Callable[[Coordinator], Any]


def at_once(desk: Desk, *moves: Move) -> list[Any]:
    """Make moves at the same moment, each by a coordinator of its own; return results or errors."""
    together = threading.Barrier(len(moves))

    def make(move: Move) -> Any:
        own = Coordinator(desk.made.settings)
        try:
            together.wait(20)
            return move(own)
        except OrchestratorError as error:
            return error
        finally:
            own.ledger.close()

    with ThreadPoolExecutor(len(moves)) as threads:
        return list(threads.map(make, moves))


def refusals(came_of: list[Any]) -> list[OrchestratorError]:
    return [result for result in came_of if isinstance(result, OrchestratorError)]


def ends(desk: Desk, run_id: str) -> list[str]:
    final = {"step.succeeded", "step.failed", "step.skipped", "step.cancelled"}
    return [e.name for _, e in desk.coordinator.events(run_id) if e.name in final]


def test_of_many_answers_one_counts_and_the_others_are_told_whose(desk: Desk) -> None:
    for _ in range(5):
        run_id = desk.begin(waits(person="ann"))

        def answer(number: int, run_id: str = run_id) -> Move:
            return lambda own: own.answer(run_id, "ask", number, by=f"p{number}")

        told = refusals(at_once(desk, *map(answer, range(6))))

        assert len(told) == 5
        winner = desk.coordinator.results(run_id)["ask"]
        assert all(f"waits no longer: p{winner} has answered" in str(each) for each in told)
        assert ends(desk, run_id) == ["step.succeeded"]


def test_an_answer_and_a_deadline_at_once_end_the_step_once(desk: Desk) -> None:
    run_ids = [
        desk.begin(waits(person="ann", deadline="1 day", on_deadline="skip"), note("n"))
        for _ in range(8)
    ]
    moved_clock.move(desk.ledger, DAY)

    def tick(_: Coordinator) -> None:
        maintenance = Maintenance(desk.made.settings)
        maintenance.tick()
        maintenance._ledger.close()

    def answer(own: Coordinator) -> int:
        answered = 0
        for run_id in run_ids:
            try:
                own.answer(run_id, "ask", 1, by="ann")
            except OrchestratorError:
                continue
            answered += 1
        return answered

    answered, *_ = at_once(desk, answer, tick, tick)

    states = [desk.states(run_id)["ask"] for run_id in run_ids]
    assert states.count(StepState.SUCCEEDED) == answered
    assert states.count(StepState.SKIPPED) == 8 - answered
    assert all(len(ends(desk, run_id)) == 1 for run_id in run_ids)


def test_of_many_that_meet_a_deadline_one_escalates(desk: Desk) -> None:
    remind = {"after": "1 h", "notify": {"task": "toy.anything"}}
    run_id = desk.begin(waits(person="ann", escalate=[remind]))
    moved_clock.move(desk.ledger, DAY)

    at_once(
        desk,
        *(lambda own: deadlines.meet(own.ledger, run_id, "ask", own._plans) for _ in range(5)),
    )

    assert len(desk.log(run_id, "step.escalated")) == 1
    assert len(desk.coordinator.runs(workflow="toy.anything")) == 1


def test_a_cancel_and_an_answer_at_once_leave_one_end(desk: Desk) -> None:
    for _ in range(5):
        run_id = desk.begin(waits(person="ann"), waits("other", person="bob"))

        at_once(
            desk,
            lambda own, run_id=run_id: own.answer(run_id, "ask", 1, by="ann"),
            lambda own, run_id=run_id: own.cancel(run_id),
        )

        assert desk.state(run_id) is RunState.CANCELLED
        assert len(ends(desk, run_id)) == 2


def test_a_signal_that_comes_while_its_step_is_opened_is_not_missed(desk: Desk) -> None:
    for _ in range(5):
        run_id = desk.begin(
            waits("first", person="ann"), waits("paid", signal="p", after=["first"])
        )

        at_once(
            desk,
            lambda own, run_id=run_id: own.answer(run_id, "first", 1, by="ann"),
            lambda own, run_id=run_id: own.signal(run_id, "p", 7, by="bank"),
        )

        assert desk.coordinator.results(run_id) == {"first": 1, "paid": 7}
        assert desk.state(run_id) is RunState.SUCCEEDED


def test_two_that_complete_with_one_ticket_complete_once(desk: Desk) -> None:
    run_id = desk.begin(waits("review", agent="review"))
    ticket = desk.coordinator.claim(run_id, "review", by="agent")

    told = refusals(at_once(desk, *(lambda own: own.complete(ticket, 1) for _ in range(4))))

    assert len(told) == 3
    assert ends(desk, run_id) == ["step.succeeded"]


def test_claims_beats_and_answers_at_once_never_lock_each_other(desk: Desk) -> None:
    names = [f"w{number}" for number in range(6)]
    for _ in range(4):
        run_id = desk.begin(*(waits(name, agent="review") for name in names))

        def agent(own: Coordinator) -> None:
            while (ticket := own.claim_next("review", by="agent")) is not None:
                try:
                    own.complete(own.heartbeat(ticket), 1)
                except OrchestratorError:
                    continue

        def person(own: Coordinator, run_id: str = run_id) -> None:
            for name in names:
                try:
                    own.answer(run_id, name, 2, by="ann")
                except OrchestratorError:
                    continue

        assert refusals(at_once(desk, agent, agent, person, agent)) == []
        assert desk.state(run_id) is RunState.SUCCEEDED
        assert len(ends(desk, run_id)) == len(names)
