"""Why a step could not start yet, why a run does not end, and how that is told of many steps."""

import json
import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
import sqlalchemy as sa

from orchestrator import StepState
from orchestrator.errors import RunNotFound, StepNotFound
from orchestrator.ledger.flow import endings
from orchestrator.ledger.tables import steps
from orchestrator.why.reasons import Cause
from tests.integration.stuck import DONE, FAILED, Stuck, note, said

UNDO = {"compensate": {"task": "toy.note"}}


def test_a_step_names_the_steps_it_runs_after_with_their_states(stuck: Stuck) -> None:
    stuck.register()
    run = stuck.begin(note("a"), note("b"), note("c"), note("d", "a", "b", "c"))
    stuck.take(run, "a")
    stuck.finish(run, "c")

    reason = stuck.why(run, "d")

    assert (reason.cause, reason.on) == (Cause.PREDECESSORS, ("a", "b"))
    assert said(reason) == "waits for 'a' (running), 'b' (queued)"
    assert reason.since == stuck.coordinator.run(run).submitted_at


def test_far_behind_it_names_the_steps_at_the_front(stuck: Stuck) -> None:
    run = stuck.begin(note("a"), note("b", "a"), note("c", "b"), note("d", "c"))

    reason = stuck.why(run, "d")

    assert reason.on == ("a",)
    assert said(reason) == "waits for 'c', and in the end for 'a' (queued)"


@pytest.mark.parametrize("join", ["any", 2])
def test_a_join_by_number_says_how_many_it_still_needs(stuck: Stuck, join: object) -> None:
    stuck.register()
    last = note("d", "a", "b", "c", join=join)
    run = stuck.begin(note("a", critical=False), note("b"), note("c"), last)
    stuck.finish(run, "a", replace(FAILED, critical=False) if join == "any" else DONE)
    made, needed = (0, 1) if join == "any" else (1, 2)

    reason = next(r for r in stuck.coordinator.why(run) if r.step == "d")

    assert said(reason) == (
        f"waits for 1 more of 3 steps to succeed ({made} of the {needed} it needs did): "
        "'b' (queued), 'c' (queued)"
    )


def test_a_join_that_only_its_chord_has_to_start_says_so(stuck: Stuck) -> None:
    run = stuck.begin(
        *(note(f"s{n}") for n in range(70)), note("wide", *(f"s{n}" for n in range(70)))
    )
    with stuck.ledger.write() as connection:
        done = sa.update(steps).where(steps.c.name != "wide").values(state=StepState.SUCCEEDED)
        connection.execute(done)

    reason = stuck.why(run, "wide")

    assert reason.cause is Cause.OUTBOX
    assert said(reason) == (
        "starts with the last message of its chord: every step it runs after has ended"
    )


def test_the_steps_at_the_front_come_first(stuck: Stuck) -> None:
    run = stuck.begin(note("late", "a", "b"), note("later", "late"), note("b"), note("a"))

    assert [reason.step for reason in stuck.coordinator.why(run)] == ["b", "a", "late", "later"]


def test_a_child_is_asked_what_it_waits_for_itself(stuck: Stuck, tmp_path: Path) -> None:
    definition = {"name": "signing", "steps": [{"name": "sign", "wait_for": {"person": "ada"}}]}
    (tmp_path / "signing.json").write_text(json.dumps(definition))
    run = stuck.begin({"name": "call", "workflow": "signing"})

    reason = stuck.why(run, "call")

    (child,) = reason.on
    assert reason.cause is Cause.CHILD
    assert said(reason) == (
        f"waits for run {child} of workflow 'signing', which waits for its step 'sign': it waits "
        "for the answer of ada since TIME"
    )


def test_a_run_that_is_about_to_end_says_for_what_it_waits(stuck: Stuck) -> None:
    stuck.register()
    run = stuck.begin(note("a"), note("b"), note("c", "a"))
    stuck.take(run, "a")
    stuck.coordinator.cancel(run)

    whole, *others = stuck.coordinator.why(run)

    assert (whole.step, whole.cause, whole.on) == (None, Cause.ENDING, ("a",))
    assert said(whole) == "is about to be cancelled, and waits for 'a'"
    assert [(reason.step, reason.cause) for reason in others] == [("a", Cause.RUNNING)]


def test_a_run_that_nobody_has_ended_says_so(stuck: Stuck) -> None:
    run = stuck.begin(note("a"))
    stuck.change("a", state=StepState.SUCCEEDED)

    (reason,) = stuck.coordinator.why(run)

    assert (reason.step, reason.cause) == (None, Cause.ENDING)
    assert said(reason) == "has nothing left to do: maintenance ends it"


def test_what_is_undone_later_says_what_is_undone_now(stuck: Stuck) -> None:
    stuck.register()
    run = stuck.begin(note("a", **UNDO), note("b", "a", **UNDO), note("c", "b"))
    stuck.finish(run, "a")
    stuck.finish(run, "b")
    stuck.finish(run, "c", FAILED)
    stuck.coordinator._progression.settle(run)

    whole, now, later = stuck.coordinator.why(run)

    assert said(whole) == "is about to be failed, and waits for 'b.undo'"
    assert (now.step, now.cause) == ("b.undo", Cause.QUEUE)
    assert (later.step, later.cause, later.on) == ("a.undo", Cause.UNDOING, ("b.undo",))
    assert said(later) == ("waits for its turn: steps are undone one after another, now 'b.undo'")


def test_a_run_that_has_ended_waits_for_nothing(stuck: Stuck) -> None:
    stuck.register()
    run = stuck.begin(note("a"))
    stuck.finish(run, "a")
    endings.settle(stuck.ledger, run, stuck.coordinator._plans)

    assert stuck.coordinator.why(run) == []


def test_an_unknown_run_and_an_unknown_step_are_refused(stuck: Stuck) -> None:
    run = stuck.begin(note("charge"))

    with pytest.raises(RunNotFound, match="no run has the id 'nothing'"):
        stuck.coordinator.why("nothing")
    with pytest.raises(StepNotFound, match=r"has no step 'charg', did you mean 'charge'\?"):
        stuck.coordinator.why(run, "charg")


def test_of_10_000_steps_the_answer_is_quick(stuck: Stuck) -> None:
    stuck.register()
    layers = [[f"s{n}_{m}" for m in range(100)] for n in range(100)]
    definition = [note(name) for name in layers[0]]
    for above, layer in pairwise(layers):
        definition += [note(name, above[m], above[(m + 1) % 100]) for m, name in enumerate(layer)]
    run = stuck.begin(*definition)
    stuck.coordinator.why(run, "s0_0")  # the plan is compiled once, whoever asks
    begun = time.perf_counter()

    found = stuck.coordinator.why(run)

    assert time.perf_counter() - begun < 4  # 0.7 s, measured
    assert len(found) == 10_000
    # Of the first layer, a crowd, one is queued for the one process that there is.
    assert said(found[-1]).count("(queued)") == 1
