"""The names of seed 004, on a running installation."""

from collections.abc import Iterator

import pytest

from orchestrator import (
    Application,
    DAGValidationError,
    Priority,
    Run,
    RunState,
    StepState,
    Workflow,
)
from orchestrator.errors import ConfigurationError, SessionNotFound, UnknownWorkflow, WorkflowError
from orchestrator.facade.engine import OrchestrationEngine
from orchestrator.ledger.log.feed import LoggedEvent
from orchestrator.states import ExecutionMode
from tests.integration.installation import Factory, Installation
from tests.waiting import eventually

ADD = [
    {"name": "first", "task": "toy.add", "inputs": {"a": "$input.a"}},
    {"name": "second", "task": "toy.add", "inputs": {"a": "$first", "b": 1}},
]
TASKS = [
    {"name": "one", "task": "toy.add", "inputs": {"a": 1}},
    {"name": "two", "task": "toy.add", "inputs": {"a": "$one", "b": 1}},
]


@pytest.fixture
def engine(toy: Installation) -> Iterator[OrchestrationEngine]:
    with OrchestrationEngine(toy.settings) as made:
        yield made


def test_a_workflow_runs_in_a_session(engine: OrchestrationEngine) -> None:
    session = engine.create_session("month end", "sequential")
    engine.create_workflow("add", ADD)

    run = engine.execute_workflow("add", {"a": 3}, session.id, timeout=20)

    assert session.mode is ExecutionMode.SEQUENTIAL
    assert run.state is RunState.SUCCEEDED
    assert engine.coordinator.result(run.id) == 4
    assert engine.coordinator.session(session.id).runs == {RunState.SUCCEEDED: 1}


def test_a_created_workflow_may_run_as_a_child_of_another(engine: OrchestrationEngine) -> None:
    engine.create_workflow("add", ADD)
    engine.create_workflow("outer", [{"name": "in", "workflow": "add", "inputs": {"a": 5}}])

    run = engine.execute_workflow("outer", timeout=20)

    assert engine.coordinator.result(run.id) == 6


def test_runs_of_a_session_go_one_after_the_other_with_their_children(
    engine: OrchestrationEngine, toy: Installation
) -> None:
    note = {"task": "toy.note", "inputs": {"seconds": 0.05}}
    engine.create_workflow("inner", [{"name": "x", **note}, {"name": "y", **note}])
    outer = [{"name": "in", "workflow": "inner"}, {"name": "z", **note, "after": ["in"]}]
    engine.create_workflow("outer", [*outer, {"name": "beside", **note}])
    session = engine.create_session("families", ExecutionMode.SEQUENTIAL)

    runs = [engine.execute_workflow("outer", session_id=session.id) for _ in range(2)]

    entries = []
    for run in runs:
        toy.wait(run)
        entries += [e for each in family(toy, run) for e in toy.diary(each)]
    entries.sort(key=lambda entry: entry.at)
    assert [entry.event for entry in entries] == ["start", "end"] * 8
    assert "".join(entry.step[0] for entry in entries[::2]) == "xyzbxyzb"


def family(toy: Installation, run: Run) -> list[Run]:
    """Return a run and the child runs it began."""
    children = toy.coordinator.runs(workflow="inner")
    begun = {e.detail["child"] for _, e in toy.coordinator.events(run.id) if "child" in e.detail}
    return [run, *(child for child in children if child.id in begun)]


def test_a_workflow_is_refused_before_it_is_known(engine: OrchestrationEngine) -> None:
    engine.create_workflow("add", ADD)

    assert engine.create_workflow("add", ADD).name == "add"  # the same again
    with pytest.raises(WorkflowError, match="there is another workflow 'add'"):
        engine.create_workflow("add", ADD[:1])
    with pytest.raises(DAGValidationError, match="'nowhere'"):
        engine.create_workflow("odd", [{**ADD[0], "after": ["nowhere"]}])
    with pytest.raises(UnknownWorkflow, match="'odd'"):
        engine.execute_workflow("odd")
    with pytest.raises(SessionNotFound):
        engine.execute_workflow("add", {"a": 1}, "no-session")


@pytest.mark.parametrize(
    "task", ["toy.note", {"task": "toy.note", "priority": "high"}, {**TASKS[0], "name": "mine"}]
)
def test_a_task_is_submitted_and_looked_at(engine: OrchestrationEngine, task) -> None:
    task_id = engine.submit_task(task)

    eventually(lambda: engine.get_task_status(task_id) is StepState.SUCCEEDED)
    assert not engine.cancel_task(task_id)  # it has ended


def test_a_task_that_depends_on_others_is_not_submitted_alone(engine: OrchestrationEngine) -> None:
    with pytest.raises(DAGValidationError, match="'two' depends on one: submit them together"):
        engine.submit_task({**TASKS[1], "depends_on": ["one"]})


def test_lists_of_tasks_are_checked_ordered_and_done(engine: OrchestrationEngine) -> None:
    wrong = [{"name": "a", "task": "toy.note", "depends_on": ["b"]}, {"nme": "c"}]

    assert engine.validate_workflow_dependencies(TASKS) == []
    assert len(engine.validate_workflow_dependencies(wrong[:1])) == 1
    assert len(engine.validate_workflow_dependencies(wrong)) == 3
    assert engine.get_workflow_execution_order(TASKS) == [["one"], ["two"]]
    assert engine.create_workflow_dag(TASKS).topological_sort() == ["one", "two"]
    results = engine.execute_parallel_workflow(TASKS, timeout=20)
    assert {name: result.result for name, result in results.items()} == {"one": 1, "two": 2}


def test_a_workflow_as_a_whole_gives_what_became_of_its_steps(engine: OrchestrationEngine) -> None:
    workflow = Workflow.model_validate({"name": "one", "steps": TASKS})

    results = engine.execute_parallel_workflow(workflow, timeout=20)

    assert results["two"].result == 2


def test_handlers_hear_of_events(engine: OrchestrationEngine) -> None:
    heard: list[LoggedEvent] = []
    engine.register_event_handler("run.succeeded", heard.append)
    engine.create_workflow("add", ADD)

    run = engine.execute_workflow("add", {"a": 1}, timeout=20)

    eventually(lambda: run.id in [event.run_id for event in heard])


def test_the_system_says_what_it_is_doing(engine: OrchestrationEngine, toy: Installation) -> None:
    session = engine.create_session("seen", ExecutionMode.PRIORITY)
    run = toy.submit([{"name": "ask", "wait_for": {"person": "ann"}}], session_id=session.id)
    eventually(lambda: toy.steps(run)["ask"].state is StepState.WAITING)

    seen = engine.get_system_status()

    assert seen.runs[RunState.RUNNING] >= 1
    assert seen.steps[StepState.WAITING] >= 1
    assert seen.waits["person"] >= 1
    assert seen.pools["toy"] == 2
    assert seen.queues is not None
    assert set(seen.queues["toy"]) == set(Priority)
    assert session.id in [found.id for found in seen.sessions]
    assert (list(seen.schedules), list(seen.pauses)) == ([], [])
    toy.coordinator.cancel(run.id)


def test_the_engine_looks_after_runs_until_it_is_closed(install: Factory) -> None:
    made = install()
    application = Application.load(made.settings)
    with OrchestrationEngine(made.settings, application) as engine:
        run = made.submit([{"name": "wait", "wait_for": {"timer": 0.05}}])
        for _ in range(2):
            engine.start_background_processing()
        assert made.wait(run).state is RunState.SUCCEEDED


def test_an_engine_without_addresses_is_refused(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("ORCHESTRATOR_HOME", str(tmp_path))

    with pytest.raises(ConfigurationError, match=r"ORCHESTRATOR_(BROKER|LEDGER)_URL"):
        OrchestrationEngine()
