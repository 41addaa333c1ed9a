"""A run as its events tell it: from them and the plan alone."""

from typing import Any

import pytest

from orchestrator import Plan, RunState, StepState, Workflow, compile
from orchestrator.errors import UnknownEvent
from orchestrator.ledger.log.replay import Fact, ReplayedRun, replay


def workflow(*steps: dict[str, Any]) -> Workflow:
    return Workflow.model_validate({"name": "told", "steps": steps})


def step(name: str, *after: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "task": "toy.note", "after": after, **more}


DIAMOND = workflow(step("a"), step("b", "a"), step("c", "a"), step("d", "b", "c"))
MAP = workflow(step("each", map=[1, 2]), step("last", "each"))


def told(version: Workflow, *facts: Fact, others: tuple[Workflow, ...] = ()) -> ReplayedRun:
    plans: dict[str, Plan] = {w.version: compile(w) for w in (version, *others)}
    first = Fact("run.submitted", detail={"version": version.version})
    return replay(plans.__getitem__, [first, *facts])


def states(run: ReplayedRun) -> dict[str, str]:
    return {name: str(step.state) for name, step in run.steps.items()}


def succeeds(name: str, attempt: int = 1) -> tuple[Fact, Fact]:
    return Fact("step.started", name, attempt), Fact("step.succeeded", name, attempt)


def test_a_run_that_was_only_submitted_has_its_first_steps_ready() -> None:
    run = told(DIAMOND)

    assert run.state is RunState.PENDING
    assert states(run) == {"a": "ready", "b": "pending", "c": "pending", "d": "pending"}


def test_a_step_is_ready_when_all_that_it_follows_have_ended() -> None:
    run = told(DIAMOND, Fact("run.started"), *succeeds("a"), *succeeds("b"))

    assert run.state is RunState.RUNNING
    assert states(run) == {"a": "succeeded", "b": "succeeded", "c": "ready", "d": "pending"}


def test_any_of_several_is_enough_where_the_definition_says_so() -> None:
    either = workflow(step("a"), step("b"), step("c", "a", "b", join="any"))

    assert states(told(either, *succeeds("b")))["c"] == "ready"


def test_a_lost_attempt_counts_and_its_step_is_ready_again() -> None:
    run = told(DIAMOND, Fact("step.started", "a", 1), Fact("step.lost", "a", 1))

    assert (run.steps["a"].state, run.steps["a"].attempts) == (StepState.READY, 1)
    assert run.steps["a"].losses == 1


def test_a_run_that_ends_while_it_is_paused_goes_on_to_its_end() -> None:
    ending = Fact("run.ending", detail={"state": "cancelled"})
    run = told(DIAMOND, Fact("run.paused"), ending)

    assert (run.state, run.ending) == (RunState.RUNNING, RunState.CANCELLED)


def test_a_run_that_had_not_started_is_pending_again_when_it_is_resumed() -> None:
    assert told(DIAMOND, Fact("run.paused"), Fact("run.resumed")).state is RunState.PENDING


def test_a_map_has_its_elements_when_it_waits_for_them() -> None:
    run = told(MAP, Fact("step.waiting", "each", 1, {"elements": 2}), *succeeds("each[1]"))

    assert states(run) == {
        "each": "waiting",
        "each[0]": "ready",
        "each[1]": "succeeded",
        "last": "pending",
    }


def test_a_map_that_is_done_again_forgets_its_elements() -> None:
    waiting = Fact("step.waiting", "each", 1, {"elements": 2})
    run = told(MAP, waiting, *succeeds("each[0]"), Fact("step.reset", "each"))

    assert states(run) == {"each": "ready", "last": "pending"}
    assert run.steps["each"].undoings == 1


def test_what_is_undone_has_undoings_of_its_own() -> None:
    charge = workflow(step("charge", compensate={"task": "toy.note"}))
    run = told(
        charge,
        *succeeds("charge"),
        Fact("run.ending", detail={"state": "failed"}),
        Fact("run.undoing", detail={"steps": ["charge"]}),
        *succeeds("charge.undo"),
        Fact("step.undone", "charge"),
        Fact("run.failed"),
    )

    assert states(run) == {"charge": "succeeded", "charge.undo": "succeeded"}
    assert run.steps["charge"].undoings == 1
    assert run.state is RunState.FAILED


def test_a_run_that_was_moved_follows_the_other_version() -> None:
    longer = workflow(step("a"), step("b", "a"))
    run = told(
        workflow(step("a"), step("x", "a")),
        *succeeds("a"),
        Fact("run.moved", detail={"to": longer.version}),
        Fact("step.removed", "x"),
        Fact("step.added", "b", detail={"state": "ready"}),
        others=(longer,),
    )

    assert (run.version, states(run)) == (longer.version, {"a": "succeeded", "b": "ready"})


def test_an_event_that_is_not_known_is_named() -> None:
    with pytest.raises(UnknownEvent, match=r"does not know the event 'step\.dreamt'"):
        told(DIAMOND, Fact("step.dreamt", "a"))


def test_a_run_that_an_earlier_release_began_is_told_from_one_that_differs() -> None:
    with pytest.raises(UnknownEvent, match="an earlier release, which wrote down less"):
        replay({}.__getitem__, [Fact("run.submitted")])
