"""Steps that run a workflow as a child, and hold no worker while they wait for it."""

import dataclasses
import time
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from orchestrator import Application, Coordinator, Run, RunState, StepState, Workflow
from orchestrator.clock import now
from orchestrator.ledger.tables import runs, steps
from tests.integration.installation import Installation
from tests.waiting import eventually


def workflow(name: str, steps: list[dict[str, Any]], **more: Any) -> Workflow:
    return Workflow.model_validate({"name": name, "steps": steps, **more})


DOUBLE = workflow(
    "double",
    [{"name": "sum", "task": "toy.add", "inputs": {"a": "$input.n", "b": "$input.n"}}],
)
FAILS = workflow("fails", [{"name": "no", "task": "toy.fail_for_good"}])
HOLDS = workflow(
    "holds", [{"name": "hold", "task": "toy.hold", "inputs": {"until": "$input.until"}}]
)
NESTED = workflow(
    "nested",
    [
        {"name": "once", "workflow": "double", "inputs": {"n": "$input.n"}},
        {"name": "twice", "workflow": "double", "inputs": {"n": "$once"}},
    ],
)


@pytest.fixture
def coordinator(toy: Installation) -> Iterator[Coordinator]:
    """Knows workflows that can be children; the pools need not."""
    application = Application.load(toy.settings)
    known = {w.name: w for w in (DOUBLE, FAILS, HOLDS, NESTED)}
    more = dataclasses.replace(application, workflows={**application.workflows, **known})
    knowing = Coordinator(toy.settings, more)
    yield knowing
    knowing.ledger.close()


def children(coordinator: Coordinator, run: Run) -> list[Run]:
    with coordinator.ledger.read() as connection:
        found = sa.select(runs.c.id).where(runs.c.parent_run == run.id).order_by(runs.c.id)
        ids = list(connection.execute(found).scalars())
    return [coordinator.run(run_id) for run_id in ids]


def test_a_child_gets_the_inputs_and_gives_its_result(coordinator: Coordinator) -> None:
    call = {"name": "call", "workflow": "double", "inputs": {"n": "$input.n"}}
    after = {"name": "after", "task": "toy.add", "inputs": {"a": "$call", "b": 1}}

    run = coordinator.submit(workflow("parent", [call, after]), {"n": 4})
    ended = coordinator.wait(run.id, timeout=20)

    assert ended.state is RunState.SUCCEEDED, ended.error
    assert coordinator.result(run.id) == 9
    (child,) = children(coordinator, run)
    assert (child.workflow, child.input, child.state) == ("double", {"n": 4}, RunState.SUCCEEDED)


def test_children_of_children_end_their_parents(coordinator: Coordinator) -> None:
    run = coordinator.submit(
        workflow("parent", [{"name": "n", "workflow": "nested", "inputs": {"n": 3}}])
    )

    assert coordinator.wait(run.id, timeout=20).state is RunState.SUCCEEDED
    assert coordinator.result(run.id) == 12


def test_a_failed_child_fails_its_step_with_its_error(coordinator: Coordinator) -> None:
    run = coordinator.submit(workflow("parent", [{"name": "call", "workflow": "fails"}]))

    ended = coordinator.wait(run.id, timeout=20)

    (child,) = children(coordinator, run)
    assert ended.error == (
        f"step 'call' failed: ChildFailed: run {child.id} of workflow 'fails' failed: "
        "step 'no' failed: DoNotRetry: this customer does not exist"
    )


def test_a_map_over_children_gathers_what_they_gave(coordinator: Coordinator) -> None:
    each = {
        "name": "each",
        "workflow": "double",
        "inputs": {"n": "$item"},
        "map": {"over": [1, 2, 3], "limit": 2},
    }

    run = coordinator.submit(workflow("parent", [each]))

    assert coordinator.wait(run.id, timeout=20).state is RunState.SUCCEEDED
    assert coordinator.result(run.id) == [2, 4, 6]


def test_an_input_that_does_not_fit_the_child_fails_the_step(coordinator: Coordinator) -> None:
    source = {"name": "source", "task": "toy.anything", "inputs": {"value": "text"}}
    call = {"name": "call", "workflow": "double", "inputs": {"n": "$source"}}

    run = coordinator.submit(workflow("parent", [source, call]))
    ended = coordinator.wait(run.id, timeout=20)

    assert ended.error is not None
    assert ended.error.startswith(
        "step 'call' failed: InvalidInput: the input of workflow 'double'"
    )


def test_a_step_that_waits_for_a_child_holds_no_worker(
    toy: Installation, coordinator: Coordinator
) -> None:
    gate = toy.gate(f"child-{time.time_ns()}")
    calls = [
        {"name": f"call{n}", "workflow": "holds", "inputs": {"until": str(gate)}} for n in range(2)
    ]
    run = coordinator.submit(workflow("parent", calls))
    eventually(lambda: len(children(coordinator, run)) == 2)

    states = {step.state for step in coordinator.steps(run.id)}

    assert states == {StepState.WAITING}
    gate.touch()
    assert coordinator.wait(run.id, timeout=20).state is RunState.SUCCEEDED


def test_a_cancelled_parent_cancels_its_children(
    toy: Installation, coordinator: Coordinator
) -> None:
    gate = toy.gate(f"child-{time.time_ns()}")
    call = {"name": "call", "workflow": "holds", "inputs": {"until": str(gate)}}
    run = coordinator.submit(workflow("parent", [call]))
    (child,) = eventually(lambda: children(coordinator, run))

    coordinator.cancel(run.id, by="a test", reason="enough")

    assert coordinator.wait(run.id, timeout=20).state is RunState.CANCELLED
    gate.touch()
    assert coordinator.wait(child.id, timeout=20).state is RunState.CANCELLED


def test_who_died_before_it_told_the_parent_is_found_out(
    toy: Installation, coordinator: Coordinator
) -> None:
    gate = toy.gate(f"child-{time.time_ns()}")
    call = {"name": "call", "workflow": "holds", "inputs": {"until": str(gate)}}
    run = coordinator.submit(workflow("parent", [call]))
    (child,) = eventually(lambda: children(coordinator, run))
    with coordinator.ledger.write() as connection:  # as if nobody had followed up its end
        # The run's row first, as everybody does: its process may be at its step.
        for table, key in ((runs, runs.c.id), (steps, steps.c.run_id)):
            connection.execute(
                sa.update(table)
                .where(key == child.id)
                .values(state=RunState.SUCCEEDED, ended_at=now())
            )

    assert coordinator.wait(run.id, timeout=20).state is RunState.SUCCEEDED
    gate.touch()
