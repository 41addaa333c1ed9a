"""The kit with which users test their workflows: a real stack, and a clock that moves."""

import datetime as dt
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from orchestrator import RunState, StepState, Workflow, testing
from orchestrator.testing import EmbeddedStack
from tests.repository import ROOT
from tests.toy.diary import VARIABLE


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedStack]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv(VARIABLE, str(tmp_path_factory.mktemp("kit") / "diary"))
        with testing.stack(packages=("tests.toy",)) as running:
            yield running


def workflow(*steps: dict[str, Any]) -> Workflow:
    return Workflow.model_validate({"name": "kit", "steps": steps})


ADD = workflow({"name": "add", "task": "toy.add", "inputs": {"a": "$input.a", "b": 2}})
PATIENT = workflow(
    {
        "name": "call",
        "task": "toy.fail",
        "inputs": {"times": 3},
        "retry": {"max_attempts": 4, "backoff": 86400.0 * 30, "factor": 1, "max_backoff": 1e7},
    }
)
REMINDER = workflow(
    {"name": "send", "task": "toy.add", "inputs": {"a": 1}},
    {"name": "pause", "wait_for": {"timer": "90 days"}, "after": ["send"]},
    {"name": "remind", "task": "toy.add", "inputs": {"a": "$send", "b": 1}, "after": ["pause"]},
)
APPROVAL = workflow({"name": "approve", "wait_for": {"person": "head of sales"}})


def test_a_workflow_runs_to_its_end_in_real_pools(stack: EmbeddedStack) -> None:
    run = stack.run_to_end(ADD, {"a": 1})

    assert run.state is RunState.SUCCEEDED
    assert stack.result(run) == 3


def test_a_timer_of_90_days_takes_seconds(stack: EmbeddedStack) -> None:
    began, before = time.monotonic(), stack.now

    run = stack.run_to_end(REMINDER, skip_waits=True)

    assert (run.state, stack.result(run)) == (RunState.SUCCEEDED, 2)
    assert stack.now - before >= dt.timedelta(days=90)
    assert time.monotonic() - began < 20


def test_retries_after_months_take_seconds(stack: EmbeddedStack) -> None:
    before = stack.now

    run = stack.run_to_end(PATIENT, skip_waits=True)

    assert (run.state, stack.result(run)) == (RunState.SUCCEEDED, 4)
    assert stack.now - before > dt.timedelta(days=70)


def test_a_run_comes_back_when_it_goes_no_further_and_time_moves_it_on(
    stack: EmbeddedStack,
) -> None:
    run = stack.run(REMINDER)
    assert stack.step(run, "pause").state is StepState.WAITING

    stack.skip(days=89)
    assert stack.step(run, "pause").state is StepState.WAITING
    stack.skip(days=2)

    assert stack.go_on(run).state is RunState.SUCCEEDED


def test_a_run_that_waits_for_time_says_how_to_move_the_clock(stack: EmbeddedStack) -> None:
    with pytest.raises(testing.Stuck, match=r"step 'call' is waiting .*stack\.skip"):
        stack.run_to_end(PATIENT)


def test_a_run_that_nobody_answers_says_so_without_waiting_long(stack: EmbeddedStack) -> None:
    began = time.monotonic()

    with pytest.raises(testing.Stuck, match=r"step 'approve' is waiting .*head of sales.*answer"):
        stack.run_to_end(APPROVAL, skip_waits=True)

    assert time.monotonic() - began < 10


def test_an_answer_moves_a_run_on(stack: EmbeddedStack) -> None:
    run = stack.run(APPROVAL)

    stack.coordinator.answer(run.id, "approve", {"approved": True}, by="ann")

    assert stack.result(stack.run_to_end(run)) == {"approved": True}


def test_a_step_that_takes_too_long_is_named_with_its_log(
    stack: EmbeddedStack, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    held = workflow({"name": "hold", "task": "toy.hold", "inputs": {"until": str(gate)}})

    with pytest.raises(testing.Stuck, match=r"(?s)step 'hold' of run \w+ is running.*pool 'toy'"):
        stack.run_to_end(held, within=1)
    gate.touch()


def test_a_schedule_begins_its_runs_when_the_clock_moves(stack: EmbeddedStack) -> None:
    with testing.stack(packages=("tests.toy",), workflows=flows(stack)) as own:
        own.coordinator.create_schedule("nightly", "add", {"a": 1}, every="1 day", catch_up="all")

        own.skip(days=3)

        ended = own.coordinator.runs(workflow="add")
        assert [run.state for run in ended] == [RunState.SUCCEEDED] * 3


def flows(stack: EmbeddedStack) -> Path:
    """Return a folder with one workflow in it."""
    folder = stack.coordinator.settings.home / "flows"
    folder.mkdir(exist_ok=True)
    (folder / "add.json").write_text(ADD.model_copy(update={"name": "add"}).model_dump_json())
    return folder


def listens_on(process: psutil.Process) -> set[str]:
    """Return the addresses at which a process listens; of one that has just ended, none."""
    with suppress(psutil.NoSuchProcess, FileNotFoundError):
        found = process.net_connections()
        return {each.laddr.ip for each in found if each.status == psutil.CONN_LISTEN}
    return set()


def test_it_listens_on_loopback_only_and_leaves_nothing() -> None:
    here = psutil.Process()
    before = set(here.children(recursive=True))

    with testing.stack(packages=("tests.toy",)) as own:
        home = own.coordinator.settings.home
        started = set(here.children(recursive=True)) - before
        listening = {address for process in started for address in listens_on(process)}

    assert listening == {"127.0.0.1"}
    assert len(started) >= 3
    assert [process for process in started if process.is_running()] == []
    assert not home.exists()


def test_a_suite_shares_a_stack_through_the_plugin(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text('pytest_plugins = ["orchestrator.testing.plugin"]\n')
    (tmp_path / "pytest.ini").write_text("[pytest]\norchestrator_packages = tests.toy\n")
    (tmp_path / "test_toy.py").write_text(
        "def test_add(orchestrator_stack):\n"
        "    run_id = orchestrator_stack.coordinator.submit_task('toy.add', {'a': 1})\n"
        "    run = orchestrator_stack.run_to_end(orchestrator_stack.coordinator.run(run_id))\n"
        "    assert orchestrator_stack.result(run) == 1\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", "-W", "error", "."]

    ended = subprocess.run(
        command,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert "1 passed" in ended.stdout, ended.stdout + ended.stderr
