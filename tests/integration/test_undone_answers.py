"""What people and agents did is undone like what workers did, by a task that gets their answer."""

from typing import Any

from orchestrator import Run, RunState, StepState
from tests.integration.installation import Installation
from tests.integration.toy_steps import fails
from tests.waiting import eventually


def asked(name: str, *after: str, **whom: str) -> dict[str, Any]:
    """Return a step that somebody does, and a worker undoes."""
    undo = {"task": "toy.anything", "inputs": {"value": f"${name}"}}
    return {"name": name, "wait_for": whom, "after": after, "compensate": undo}


def until_waiting(toy: Installation, run: Run, name: str) -> None:
    eventually(lambda: toy.steps(run)[name].state is StepState.WAITING)


def weld(toy: Installation, run: Run) -> None:
    """Do the work of step `weld` as an agent."""
    until_waiting(toy, run, "weld")
    ticket = toy.coordinator.claim_next("undone_welding", by="robot-1")
    assert ticket is not None
    toy.coordinator.complete(ticket, {"seams": 4})


def test_what_an_agent_did_and_a_person_approved_is_undone(toy: Installation) -> None:
    weld_it, approve = asked("weld", agent="undone_welding"), asked("approve", "weld", person="ann")
    run = toy.submit([weld_it, approve, fails("ship", "approve", times=9)])
    weld(toy, run)
    until_waiting(toy, run, "approve")
    toy.coordinator.answer(run.id, "approve", {"limit": 500}, by="ann")

    ended = toy.wait(run)

    assert (ended.state, ended.undone) == (RunState.FAILED, ("approve", "weld"))
    found = {name: toy.steps(run)[name].result for name in ("approve.undo", "weld.undo")}
    assert found == {"approve.undo": {"limit": 500}, "weld.undo": {"seams": 4}}


def test_after_an_undoing_a_retry_asks_again(toy: Installation) -> None:
    plain = {"name": "confirm", "wait_for": {"person": "ann"}, "after": ["approve"]}
    run = toy.submit([asked("approve", person="ann"), plain, fails("ship", "confirm")])
    for times in (1, 2):
        for name in ("approve", "confirm"):
            until_waiting(toy, run, name)
            toy.coordinator.answer(run.id, name, {"round": times}, by="ann")
        ended = toy.wait(run)
        if times == 1:
            assert ended.undone == ("approve",)
            assert toy.coordinator.retry(run.id, by="a test")

    assert ended.state is RunState.SUCCEEDED
    assert toy.coordinator.results(run.id)["confirm"] == {"round": 2}
