"""One set of runs, four modes, four orders in which real workers start their steps."""

import subprocess
import sys
from typing import Any

import pytest

from orchestrator import Priority, Run, RunState, Workflow
from orchestrator.ledger import submission
from orchestrator.states import ExecutionMode
from tests.integration.installation import ROOT, Factory, Installation
from tests.toy.diary import Entry

#: A timer that has ended when it begins.
PAST = "2020-01-01T00:00:00Z"

NAP = {"task": "toy.note", "inputs": {"seconds": 0.25}}
#: Meanwhile maintenance wakes `b1`, on a busy machine as well.
LONG_NAP = {"task": "toy.note", "inputs": {"seconds": 1.5}}
AGAIN = {
    "task": "toy.fail",
    "inputs": {"times": 1},
    "retry": {"max_attempts": 2, "backoff": 0.05, "jitter": 0},
}

#: In the order in which they are submitted: before the one process of their pool is there.
RUNS: list[tuple[Priority, list[dict[str, Any]]]] = [
    (Priority.LOW, [{"name": "a1", **NAP}, {"name": "a2", **NAP, "after": ["a1"]}]),
    (Priority.CRITICAL, [{"name": "b1", **AGAIN}]),
    (Priority.NORMAL, [{"name": "c1", **LONG_NAP}, {"name": "c2", **NAP, "after": ["c1"]}]),
    (Priority.NORMAL, [{"name": "d1", **NAP}]),
]

#: `b1` fails once, and starts again 0.05 s later if it may.
ORDERS = {
    ExecutionMode.SEQUENTIAL: "a1 a2 b1 b1 c1 c2 d1",
    # What is queued first is served first, so d1 comes before c2.
    ExecutionMode.PARALLEL: "b1 c1 b1 d1 c2 a1 a2",
    # While b1 waits to start again, nothing less urgent does.
    ExecutionMode.PRIORITY: "b1 b1 c1 d1 c2 a1 a2",
    # Whenever the process is free, the first run of the most urgent level goes on.
    ExecutionMode.RESOURCE_AWARE: "b1 c1 b1 c2 d1 a1 a2",
}


@pytest.mark.parametrize("mode", ExecutionMode)
def test_steps_start_in_the_order_of_the_mode(install: Factory, mode: ExecutionMode) -> None:
    made = install()
    session = made.coordinator.create_session("four runs", mode)
    runs = [
        made.submit(steps, priority=priority, session_id=session.id) for priority, steps in RUNS
    ]

    made.start_maintenance()
    made.start_pool(1)

    for run in runs:
        assert made.wait(run).state is RunState.SUCCEEDED
    entries = [entry for run in runs for entry in made.diary(run, "start")]
    assert " ".join(e.step for e in sorted(entries, key=_when)) == ORDERS[mode]
    assert made.coordinator.session(session.id).progress == 1


def _when(entry: Entry) -> float:
    return entry.at


def test_children_elements_and_waits_go_one_at_a_time(toy: Installation) -> None:
    session = toy.coordinator.create_session("mixed", ExecutionMode.SEQUENTIAL)
    nap = {"task": "toy.note", "inputs": {"seconds": 0.05}}
    runs = [
        toy.submit(
            [
                {"name": "each", **nap, "map": [1, 2, 3]},
                {"name": "pause", "wait_for": {"timer": 0.2}},
                {"name": "none", "wait_for": {"timer": PAST}},
                {"name": "last", **nap, "after": ["each", "pause"]},
                {"name": "beside", **nap},
            ],
            session_id=session.id,
        )
        for _ in range(2)
    ]

    for run in runs:
        assert toy.wait(run).state is RunState.SUCCEEDED
    entries = sorted((entry for run in runs for entry in toy.diary(run)), key=_when)
    assert [e.event for e in entries] == ["start", "end"] * 10
    assert [e.step for e in entries[::2]] == [
        *("each[0]", "each[1]", "each[2]", "last", "beside"),
    ] * 2


def test_many_steps_that_end_as_they_are_opened_follow_each_other(toy: Installation) -> None:
    session = toy.coordinator.create_session("timers", ExecutionMode.SEQUENTIAL)
    steps = [{"name": f"t{n}", "wait_for": {"timer": PAST}} for n in range(400)]

    run = toy.submit(steps, session_id=session.id)

    assert toy.wait(run, within=40).state is RunState.SUCCEEDED


ADMIT_AND_DIE = """
import os, sys
from orchestrator.ledger import Ledger
from orchestrator.ledger.sessions import admission
admission.admit(Ledger(sys.argv[1]), sys.argv[2])
os.kill(os.getpid(), 9)
"""


@pytest.mark.parametrize("first", ["task", "wait"])
def test_what_a_killed_process_had_let_start_starts(install: Factory, first: str) -> None:
    made = install(sweep_seconds=0.2)
    session = made.coordinator.create_session("killed", ExecutionMode.SEQUENTIAL)
    begins = {"task": "toy.note"} if first == "task" else {"wait_for": {"timer": PAST}}
    steps = [{"name": "a", **begins}, {"name": "b", "task": "toy.note"}]
    run = _submit_unseen(made, steps, session.id)

    command = [sys.executable, "-c", ADMIT_AND_DIE, made.settings.ledger_url, session.id]
    killed = subprocess.run(command, cwd=ROOT, check=False)
    assert killed.returncode == -9
    made.start_pool(1)
    made.start_maintenance()

    assert made.wait(run, within=40).state is RunState.SUCCEEDED


def test_a_worker_that_dies_as_it_lets_the_next_step_start_keeps_nothing_back(
    install: Factory,
) -> None:
    made = install(sweep_seconds=0.2)
    session = made.coordinator.create_session("killed", ExecutionMode.SEQUENTIAL)
    chain = [{"name": name, **NAP} for name in "abc"]
    fallen = made.folder / "fallen"
    made.start_maintenance()
    made.start_pool(2, ORCHESTRATOR_FAILPOINTS=f"progression.admitted=kill,once={fallen}")

    runs = [made.submit(chain, session_id=session.id) for _ in range(2)]

    for run in runs:
        assert made.wait(run, within=40).state is RunState.SUCCEEDED
    assert fallen.exists()
    entries = sorted((entry for run in runs for entry in made.diary(run)), key=_when)
    assert [(e.step, e.event) for e in entries] == [
        (name, event) for name in "abcabc" for event in ("start", "end")
    ]


def _submit_unseen(made: Installation, steps: list[dict[str, Any]], session: str) -> Run:
    """Write a run, as a producer does that dies before it has told anybody."""
    workflow = Workflow.model_validate({"name": "toy", "steps": steps})
    asked = made.coordinator._asking(workflow, {}, session_id=session)
    with made.ledger.write() as connection:
        run_id, _ = submission.insert(connection, asked)
    return made.coordinator.run(run_id)
