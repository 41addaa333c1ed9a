"""Runs that real workers do and undo: the order is read from the log that the tasks write."""

import dataclasses
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from orchestrator import Application, Coordinator, Run, RunState, Workflow
from orchestrator.ledger.definitions import Plans
from orchestrator.ledger.log.verification import verify
from orchestrator.ledger.tables import runs
from tests.integration.installation import Installation
from tests.waiting import eventually


def step(name: str, *after: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "task": "toy.note", "after": after, **more}


def undoable(name: str, *after: str, undo: str = "toy.note", **more: Any) -> dict[str, Any]:
    given = {key: more.pop(key) for key in ("inputs", "retry", "timeout") if key in more}
    return step(name, *after, compensate={"task": undo, **given}, **more)


def broken(name: str, *after: str) -> dict[str, Any]:
    return {"name": name, "task": "toy.fail_for_good", "after": after}


def workflow(name: str, *steps: dict[str, Any], **more: Any) -> Workflow:
    return Workflow.model_validate({"name": name, "steps": steps, **more})


#: Fails, and undoes what it did itself.
UNDONE_CHILD = workflow("undone_child", undoable("inner"), broken("no", "inner"))
#: Waits until it is cancelled, and takes a while to undo what it did.
PATIENT_CHILD = workflow(
    "patient_child",
    undoable("inner", inputs={"seconds": 0.3}),
    {"name": "ask", "wait_for": {"signal": "never"}, "after": ["inner"]},
)


@pytest.fixture
def coordinator(toy: Installation) -> Iterator[Coordinator]:
    """Knows workflows that can be children; the pools need not."""
    application = Application.load(toy.settings)
    known = {w.name: w for w in (UNDONE_CHILD, PATIENT_CHILD)}
    more = dataclasses.replace(application, workflows={**application.workflows, **known})
    knowing = Coordinator(toy.settings, more)
    yield knowing
    knowing.ledger.close()


def child_of(coordinator: Coordinator, run: Run) -> Run:
    with coordinator.ledger.read() as connection:
        found = sa.select(runs.c.id).where(runs.c.parent_run == run.id)
        run_id = connection.execute(found).scalar()
    assert run_id is not None, "no child yet"
    return coordinator.run(run_id)


def test_what_was_done_is_undone_in_reverse_and_one_at_a_time(toy: Installation) -> None:
    naps = {"seconds": 0.05}
    steps = [undoable(f"s{n}", *([f"s{n - 1}"] if n else []), inputs=naps) for n in range(4)]

    run = toy.run([*steps, broken("end", "s3")])

    assert (run.state, run.undone) == (RunState.FAILED, ("s3", "s2", "s1", "s0"))
    spans = [(e.step, e.event) for e in toy.diary(run) if e.step.endswith(".undo")]
    assert spans == [(f"s{n}.undo", event) for n in (3, 2, 1, 0) for event in ("start", "end")]
    assert [s.name for s in toy.coordinator.steps(run.id)][-4:] == [
        f"s{n}.undo" for n in (3, 2, 1, 0)
    ]


def test_an_undoing_is_retried_by_its_own_policy(toy: Installation) -> None:
    policy = {"max_attempts": 3, "backoff": 0.05}
    undo = undoable("a", undo="toy.fail", inputs={"times": 2}, retry=policy)

    run = toy.run([undo, broken("b", "a")])

    assert run.undone == ("a",)
    assert toy.steps(run)["a.undo"].attempts == 3


def test_an_undoing_whose_process_is_killed_is_done_by_another(toy: Installation) -> None:
    run = toy.run([undoable("a", undo="toy.die", inputs={"times": 1}), broken("b", "a")])

    assert run.undone == ("a",)
    assert [e.attempt for e in toy.diary(run, "start") if e.step == "a.undo"] == [1, 2]


def test_an_undoing_that_hangs_is_ended_and_its_step_stands(toy: Installation) -> None:
    hangs = {"retry": {"max_attempts": 1}, "timeout": {"soft": 0.2, "hard": 0.5}}

    run = toy.run([undoable("a"), undoable("b", "a", undo="toy.hang", **hangs), broken("c", "b")])

    assert run.undone == ("a",)
    (stands,) = run.stands
    assert stands.startswith("b (undoing failed: StepTimedOut: step 'b.undo' ran longer")


def test_each_element_of_a_map_is_undone_with_its_own_item_and_result(toy: Installation) -> None:
    undo = {"task": "toy.anything", "inputs": {"value": ["$each", "$item", "$index"]}}
    inputs = {"a": "$item", "b": 1}
    each = {
        "name": "each",
        "task": "toy.add",
        "inputs": inputs,
        "map": [10, 20],
        "compensate": undo,
    }

    run = toy.run([each, broken("end", "each")])

    assert sorted(run.undone) == ["each[0]", "each[1]"]
    found = {s.name: s.result for s in toy.coordinator.steps(run.id, elements=True)}
    assert found["each[0].undo"] == [11, 10, 0]
    assert found["each[1].undo"] == [21, 20, 1]
    assert "each[0].undo" not in toy.steps(run)
    assert toy.coordinator.results(run.id) == {"each": [11, 21]}


def test_a_retried_run_does_again_what_was_undone_and_may_undo_it_again(
    toy: Installation,
) -> None:
    steps = [
        undoable("a"),
        {"name": "b", "task": "toy.fail", "inputs": {"times": 2}, "after": ["a"]},
    ]

    run = toy.run(steps)
    assert run.undone == ("a",)
    for end in (RunState.FAILED, RunState.SUCCEEDED):
        toy.coordinator.retry(run.id, by="a test")
        run = toy.wait(run)
        assert run.state is end

    assert (run.undone, run.stands, run.error) == ((), (), None)
    starts = [e.step for e in toy.diary(run, "start")]
    assert starts == ["a", "b", "a.undo", "a", "b", "a.undo", "a", "b"]


def test_each_success_of_an_element_and_each_undoing_has_a_key_of_its_own(
    toy: Installation,
) -> None:
    source = {"name": "source", "task": "toy.anything", "inputs": {"value": [1]}}
    each = {"name": "each", "task": "toy.key", "map": "$source", "compensate": {"task": "toy.key"}}
    broken = {"name": "b", "task": "toy.fail", "inputs": {"times": 9}, "after": ["each"]}
    run = toy.run([source, each, broken])
    keys: list[Any] = []

    for again in ([], ["source", "b"], [], ["source", "b"]):
        keys += keys_of(toy, run)
        assert toy.coordinator.retry(run.id, again, by="a test")
        run = toy.wait(run)
    keys += keys_of(toy, run)

    assert len(keys) == 10
    assert len(set(keys)) == 10
    assert verify(toy.ledger, run.id, Plans(toy.ledger)) is None


def test_the_elements_of_an_irrevocable_map_stand_and_so_does_what_led_to_them(
    toy: Installation,
) -> None:
    mail = {"name": "mail", "task": "toy.fail", "inputs": {"times": "$item"}, "map": [0, 0, 9]}
    steps = [undoable("a"), {**mail, "after": ["a"], "irrevocable": True}]

    run = toy.run(steps)

    assert run.undone == ()
    assert run.stands[0] == "a (led to mail, which is irrevocable)"
    assert set(run.stands[1:]) <= {"mail[0] (irrevocable)", "mail[1] (irrevocable)"}


def keys_of(toy: Installation, run: Run) -> list[Any]:
    steps = toy.coordinator.steps(run.id, elements=True)
    return [step.result for step in steps if step.name.startswith("each[0]")]


def test_a_run_that_takes_too_long_fails_and_is_undone(toy: Installation) -> None:
    ask = {"name": "ask", "wait_for": {"signal": "never"}, "after": ["a"]}

    run = toy.wait(toy.coordinator.submit(workflow("slow", undoable("a"), ask, timeout=0.5)))

    assert run.state is RunState.FAILED
    assert run.error == "the run took longer than 0.5 s; undone: a"
    names = [event.name for _, event in toy.coordinator.events(run.id)]
    assert "run.overdue" in names


def test_a_child_is_undone_as_a_whole_by_what_its_step_says(coordinator: Coordinator) -> None:
    call = {"name": "call", "workflow": "toy_child", "compensate": {"task": "toy.note"}}
    fine = workflow("toy_child", undoable("inner"))
    application = dataclasses.replace(coordinator.application, workflows={"toy_child": fine})
    knowing = Coordinator(coordinator.settings, application)

    run = knowing.submit(workflow("parent", call, broken("end", "call")))
    ended = knowing.wait(run.id, timeout=20)

    assert ended.undone == ("call",)
    assert child_of(knowing, run).undone == ()
    knowing.ledger.close()


def test_a_child_that_fails_undoes_its_own_before_its_parent_does(
    toy: Installation, coordinator: Coordinator
) -> None:
    call = {"name": "call", "workflow": "undone_child", "after": ["outer"]}

    run = coordinator.submit(workflow("parent", undoable("outer"), call))
    ended = coordinator.wait(run.id, timeout=20)

    child = child_of(coordinator, run)
    assert (ended.undone, child.undone) == (("outer",), ("inner",))
    assert toy.diary(child)[-1].at < toy.diary(run)[-2].at


def test_a_cancelled_run_waits_with_its_undoing_until_its_children_are_undone(
    toy: Installation, coordinator: Coordinator
) -> None:
    call = {"name": "call", "workflow": "patient_child", "after": ["outer"]}
    run = coordinator.submit(workflow("parent", undoable("outer"), call))
    eventually(lambda: coordinator.steps(child_of(coordinator, run).id)[0].state == "succeeded")

    coordinator.cancel(run.id, by="a test", reason="enough")
    ended = coordinator.wait(run.id, timeout=20)

    child = child_of(coordinator, run)
    assert (ended.undone, child.undone) == (("outer",), ("inner",))
    assert toy.diary(child)[-1].at < toy.diary(run)[-2].at
