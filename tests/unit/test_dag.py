"""Tasks with dependencies, by the names of seed 004."""

import pytest
from hypothesis import given

from orchestrator import CycleDetectedError, DAGValidationError, Workflow, compile
from orchestrator.facade.dag import TaskSpec, WorkflowDAG, with_dependencies, workflow_of
from tests.strategies import workflows

SHIP = [
    {"name": "reserve", "task": "inventory.reserve_stock"},
    {"name": "charge", "task": "billing.charge_card", "depends_on": ["reserve"]},
    {"name": "book", "task": "scheduling.book_truck", "depends_on": ["reserve"]},
    {"name": "notify", "task": "messaging.send_receipt", "depends_on": ["charge", "book"]},
]


def test_a_dag_is_sorted_tiered_and_drawn() -> None:
    dag = WorkflowDAG(SHIP)

    assert dag.validate()
    assert dag.problems() == []
    assert dag.topological_sort() == ["reserve", "charge", "book", "notify"]
    assert dag.get_execution_levels() == [["reserve"], ["charge", "book"], ["notify"]]
    assert "    step_charge --> step_notify" in dag.to_mermaid()


def _as_tasks(workflow: Workflow) -> list[TaskSpec]:
    after = {name: planned.after for name, planned in compile(workflow).steps.items()}
    return [TaskSpec(name=s.name, task=s.task, depends_on=after[s.name]) for s in workflow.steps]


@given(workflows(only_after=True))
def test_any_dag_has_the_levels_of_its_plan_and_an_order_that_keeps_them(workflow) -> None:
    tasks = _as_tasks(workflow)

    dag = WorkflowDAG(tasks)

    order = {name: place for place, name in enumerate(dag.topological_sort())}
    assert sorted(order) == sorted(step.name for step in workflow.steps)
    assert all(order[before] < order[t.name] for t in tasks for before in t.depends_on)
    assert [name for level in dag.get_execution_levels() for name in level] == list(order)


def test_a_cycle_is_named() -> None:
    tasks = [
        {"name": "a", "task": "x.y", "depends_on": ["b"]},
        {"name": "b", "task": "x.y", "depends_on": ["a"]},
    ]

    with pytest.raises(CycleDetectedError, match="'tasks'") as raised:
        WorkflowDAG(tasks).validate()

    assert sorted(raised.value.cycle) == ["a", "b"]


def test_missing_dependencies_and_repeated_names_are_refused() -> None:
    tasks = [
        {"name": "reserve", "task": "x.y"},
        {"name": "charge", "task": "x.y", "depends_on": ["resrve"]},
        {"name": "charge", "task": "x.y"},
    ]

    with pytest.raises(DAGValidationError) as raised:
        WorkflowDAG(tasks).validate()

    said = str(raised.value)
    assert "did you mean 'reserve'?" in said
    assert "'charge'" in said
    assert len(WorkflowDAG(tasks).problems()) == 2


def test_each_wrong_field_is_told_with_its_task() -> None:
    tasks = [
        {"name": "a", "tsk": "x.y"},
        {"task": "x.y"},
        {"name": "Bad Name", "task": "x.y", "priority": "soon"},
    ]

    with pytest.raises(DAGValidationError) as raised:
        WorkflowDAG(tasks)

    said = raised.value.problems
    assert "task 'a' has no 'task'" in said
    assert "task 'a' has no field 'tsk', did you mean 'task'?" in said
    assert "task number 2 has no 'name'" in said
    assert any(sentence.startswith("field 'name' of task 'Bad Name' is") for sentence in said)
    assert any("'soon' is no priority" in sentence for sentence in said)


def test_dependencies_may_be_given_beside_the_tasks() -> None:
    tasks = [{"name": "a", "task": "x.y"}, {"name": "b", "task": "x.y", "depends_on": ["a"]}]
    more = [*tasks, TaskSpec(name="c", task="x.y")]

    specs = with_dependencies(more, {"b": ["c", "a"]})

    assert {spec.name: spec.depends_on for spec in specs} == {"a": (), "b": ("a", "c"), "c": ()}


def test_dependencies_of_a_task_that_is_not_there_are_refused() -> None:
    with pytest.raises(DAGValidationError, match="task 'chrge', which is not there, did you mean"):
        with_dependencies([{"name": "charge", "task": "x.y"}], {"chrge": []})


def test_a_task_keeps_its_inputs_priority_timeout_and_retries() -> None:
    (spec,) = with_dependencies(
        [
            {
                "name": "a",
                "task": "x.y",
                "inputs": {"n": 1},
                "priority": "high",
                "timeout": 3,
                "retry": {"max_attempts": 2},
            }
        ],
        {},
    )

    step = spec.to_step()

    assert (step.inputs, step.priority, step.retry.max_attempts) == ({"n": 1}, 1, 2)
    assert step.timeout is not None
    assert step.timeout.soft == 3


def test_a_text_is_no_task_and_says_what_one_looks_like() -> None:
    with pytest.raises(
        DAGValidationError, match=r"task number 1 is 'press.echo': write its fields"
    ):
        with_dependencies(["press.echo"], {})


def test_a_name_or_a_step_that_is_none_is_told_in_sentences() -> None:
    with pytest.raises(DAGValidationError, match="field 'name' is wrong, 'bad name'"):
        WorkflowDAG(SHIP, name="bad name")
    with pytest.raises(DAGValidationError, match="field 'task' of step 'a' is wrong"):
        workflow_of("odd", [{"name": "a", "task": 7}])
