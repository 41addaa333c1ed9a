"""The verbs on runs that real workers do; order and effects are read from the tasks' own log."""

import time
from typing import Any

import psutil
import pytest

from orchestrator import Priority, Run, RunFilter, RunState, StepState, Workflow
from orchestrator.errors import Refused
from tests.integration.installation import Factory, Installation
from tests.integration.toy_steps import fails, hold, note, starts
from tests.waiting import eventually

pytestmark = pytest.mark.timeout(90)

WHO: dict[str, Any] = {"by": "a test", "reason": "to see"}


def works(pid: int) -> bool:
    """Say whether a process is there, and not only its end that nobody has looked at."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def test_a_run_is_retried_from_the_step_that_failed_it(toy: Installation) -> None:
    run = toy.run([note("a"), fails("b", "a"), note("c", "b"), note("d", "a", "c")])
    assert run.state is RunState.FAILED

    assert toy.coordinator.retry(run.id, **WHO)

    assert toy.wait(run).state is RunState.SUCCEEDED
    assert starts(toy, run) == ["a", "b", "b", "c", "d"]
    assert not toy.coordinator.retry(run.id)


def test_a_run_goes_on_without_the_step_that_failed_it(toy: Installation) -> None:
    run = toy.run([note("a"), fails("b", "a"), note("c", "b"), note("d", "c")])

    assert toy.coordinator.skip(run.id, "b", **WHO)

    assert toy.wait(run).state is RunState.SUCCEEDED
    assert starts(toy, run) == ["a", "b", "c", "d"]


def test_a_paused_run_finishes_what_runs_and_starts_nothing(toy: Installation) -> None:
    run = toy.submit([hold(toy, "pause"), note("b", "holds"), note("c", "b")])
    toy.until_started(run, "holds")

    assert toy.coordinator.pause(run.id, **WHO)
    toy.gate("pause").touch()
    eventually(lambda: toy.steps(run)["holds"].state is StepState.SUCCEEDED)
    other = toy.succeed([note("x"), note("y", "x")])  # what came later was done meanwhile

    assert starts(toy, other) == ["x", "y"]
    assert starts(toy, run) == ["holds"]
    assert toy.coordinator.resume(run.id, **WHO)
    assert toy.wait(run).state is RunState.SUCCEEDED
    assert starts(toy, run) == ["holds", "b", "c"]


def test_of_a_run_whose_children_are_paused_with_it_all_go_on(install: Factory) -> None:
    toy = install()
    define(
        toy,
        "name: below\nsteps:\n"
        f"  - {{name: holds, task: toy.hold, inputs: {{until: {toy.gate('child')}}}}}\n"
        "  - {name: after, task: toy.note, after: [holds]}\n",
    )
    toy.start_pool()
    toy.start_maintenance()
    run = toy.submit([{"name": "child", "workflow": "below"}, note("z", "child")])
    child = eventually(lambda: toy.coordinator.runs(workflow="below"))[0]
    toy.until_started(child, "holds")

    toy.coordinator.pause(run.id, **WHO)
    toy.gate("child").touch()
    eventually(lambda: toy.steps(child)["holds"].state is StepState.SUCCEEDED)

    assert toy.coordinator.run(child.id).state is RunState.PAUSED
    toy.coordinator.resume(run.id, **WHO)
    assert toy.wait(run).state is RunState.SUCCEEDED


def define(toy: Installation, text: str) -> None:
    """Put a workflow where the application finds it."""
    toy.settings.workflows.mkdir(parents=True)
    (toy.settings.workflows / "below.yaml").write_text(text)


def test_a_step_that_began_a_run_begins_another_when_it_is_retried(install: Factory) -> None:
    toy = install()
    define(toy, "name: below\nsteps:\n  - {name: x, task: toy.fail_for_good}\n")
    toy.start_pool()
    toy.start_maintenance()
    run = toy.run([{"name": "child", "workflow": "below"}, note("z", "child")])
    (first,) = toy.coordinator.runs(workflow="below")
    with pytest.raises(Refused, match=f"runs retry {run.id} --step child"):
        toy.coordinator.retry(first.id, **WHO)

    assert toy.coordinator.retry(run.id, **WHO)

    assert toy.wait(run).state is RunState.FAILED
    second, *_ = toy.coordinator.runs(workflow="below")
    assert second.id != first.id
    assert toy.coordinator.skip(run.id, "child", **WHO)
    assert toy.wait(run).state is RunState.SUCCEEDED
    assert starts(toy, run) == ["z"]


@pytest.mark.parametrize("task", ["toy.hold", "toy.hang"])
def test_a_stopped_step_ends_in_the_ledger_at_once_and_its_process_in_a_beat(
    toy: Installation, task: str
) -> None:
    inputs = {"until": str(toy.gate("never"))} if task == "toy.hold" else {}
    run = toy.submit([{"name": "long", "task": task, "inputs": inputs}, note("b", "long")])
    entry = toy.until_started(run, "long")

    begun = time.monotonic()
    assert toy.coordinator.cancel(run.id, stop=True, **WHO)
    assert toy.coordinator.run(run.id).state is RunState.CANCELLED
    eventually(lambda: not works(entry.pid))

    took = time.monotonic() - begun
    print(f"{task}: its process was gone after {took:.2f} s")  # noqa: T201 - a measurement
    assert took < toy.settings.beat_seconds + 1
    assert toy.steps(run)["long"].state is StepState.CANCELLED
    names = [event.name for _, event in toy.coordinator.events(run.id)]
    assert "step.lost" not in names
    toy.succeed([note("next")])


def test_a_cancelled_run_that_was_stopped_can_be_retried(toy: Installation) -> None:
    run = toy.submit([hold(toy, "again"), note("b", "holds")])
    first = toy.until_started(run, "holds")
    toy.coordinator.cancel(run.id, stop=True, **WHO)

    toy.coordinator.retry(run.id, **WHO)

    second = toy.until_started(run, "holds", attempt=2)
    assert second.pid != first.pid or not works(first.pid)
    toy.gate("again").touch()
    assert toy.wait(run).state is RunState.SUCCEEDED


def test_a_run_that_is_raised_passes_those_in_front_of_it(toy: Installation) -> None:
    toy.succeed([note(f"warm{n}") for n in range(4)])
    nap = {"task": "toy.note", "inputs": {"seconds": 0.1}}
    busy = toy.submit([{"name": f"s{n}", **nap} for n in range(30)])
    late = toy.submit([{"name": "late", **nap}], priority=Priority.BACKGROUND)
    toy.until_started(busy, "s3")

    assert toy.coordinator.reprioritize(late.id, Priority.CRITICAL, **WHO)

    since = time.time()
    toy.wait(late)
    first = toy.diary(late, "start")[0].at
    passed = [entry for entry in toy.diary(busy, "start") if since + 0.3 < entry.at < first]
    assert passed == []
    assert toy.wait(busy).state is RunState.SUCCEEDED
    assert len(starts(toy, late)) == 1
    assert toy.diary(busy, "start")[-1].at > first  # there was a backlog to pass


def test_a_paused_pool_starts_nothing_and_loses_nothing(install: Factory) -> None:
    toy = install()
    toy.start_pool()
    toy.start_maintenance()
    toy.coordinator.pause_pool("toy", **WHO)
    run = toy.submit([note("a"), note("b", "a")])
    eventually(lambda: toy.steps(run)["a"].state is StepState.READY and not _messages(toy))

    assert starts(toy, run) == []
    assert toy.coordinator.resume_pool("toy", **WHO)
    assert toy.wait(run).state is RunState.SUCCEEDED
    assert starts(toy, run) == ["a", "b"]


def _messages(toy: Installation) -> int:
    return sum(int(toy.redis.llen(key)) for key in toy.redis.keys("toy*"))


def test_a_paused_workflow_holds_back_the_runs_that_are_there_and_that_come(
    toy: Installation,
) -> None:
    there = toy.submit([hold(toy, "there"), note("b", "holds")], name="held_back")
    toy.until_started(there, "holds")

    toy.coordinator.pause_workflow("held_back", **WHO)
    comes = toy.submit([note("c")], name="held_back")
    toy.gate("there").touch()
    eventually(lambda: toy.steps(there)["holds"].state is StepState.SUCCEEDED)
    toy.succeed([note("x")])

    assert starts(toy, comes) == []
    assert toy.coordinator.resume_workflow("held_back", **WHO)
    assert toy.wait(comes).state is toy.wait(there).state is RunState.SUCCEEDED


def test_runs_in_flight_keep_their_version_and_some_are_moved(toy: Installation) -> None:
    def definition(last: str) -> list[dict[str, Any]]:
        go = {"name": "go", "wait_for": {"signal": "go"}, "after": ["a"]}
        return [note("a"), go, note(last, "go")]

    def is_half_way(run: Run) -> bool:
        return toy.steps(run)["go"].state is StepState.WAITING

    old = [toy.submit(definition("before"), name="half_way") for _ in range(50)]
    eventually(lambda: all(map(is_half_way, old)), within=30)
    new = Workflow.model_validate({"name": "half_way", "steps": definition("after")})
    newer = toy.coordinator.submit(new)  # the deployment
    eventually(lambda: is_half_way(newer))

    moved = old[::5]
    for run in moved:
        assert toy.coordinator.move(run.id, to=new.version, **WHO)

    for run in (*old, newer):
        toy.coordinator.signal(run.id, "go", by="a test")
        assert toy.wait(run, within=60).state is RunState.SUCCEEDED
        last = "after" if run in (*moved, newer) else "before"
        assert starts(toy, run) == ["a", last]


def test_many_runs_are_retried_by_what_failed_them(toy: Installation) -> None:
    failed = [toy.submit([fails("b"), note("c", "b")], name="bulk") for _ in range(5)]
    hopeless = toy.submit([{"name": "x", "task": "toy.fail_for_good"}], name="bulk")
    for run in (*failed, hopeless):
        toy.wait(run)
    wanted = RunFilter(workflow="bulk", states=[RunState.FAILED], error_type="NotYet")
    assert toy.coordinator.retry_all(wanted, dry_run=True).done == tuple(r.id for r in failed)

    report = toy.coordinator.retry_all(wanted, **WHO)

    assert report.done == tuple(run.id for run in failed)
    for run in failed:
        assert toy.wait(run).state is RunState.SUCCEEDED
    assert toy.coordinator.run(hopeless.id).state is RunState.FAILED
    kinds = toy.coordinator.errors(RunFilter(workflow="bulk"))
    assert kinds == [("DoNotRetry: this customer does not exist", 1, hopeless.id)]


def test_a_rerun_is_a_new_run_that_names_the_old_one(toy: Installation) -> None:
    first = toy.run([fails("b")])

    again = toy.coordinator.rerun(first.id, priority=Priority.HIGH, **WHO)

    assert again.id != first.id
    assert (again.version, again.priority) == (first.version, Priority.HIGH)
    toy.wait(again)
    (submitted,) = [e for _, e in toy.coordinator.events(again.id) if e.name == "run.submitted"]
    assert submitted.detail["rerun_of"] == first.id
    (linked,) = [e for _, e in toy.coordinator.events(first.id) if e.name == "run.rerun"]
    assert linked.detail == {"run": again.id, **WHO}
