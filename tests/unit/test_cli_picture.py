"""A run as a small picture: each step with its mark, pool, state, seconds and reason."""

import dataclasses
import datetime as dt
from typing import Any

from rich.console import Console

from orchestrator import Workflow, compile
from orchestrator.cli.picture import MARKS, picture, reason_of
from orchestrator.cli.plan import written
from orchestrator.ledger.views import Run, StepView
from orchestrator.states import Priority, RunState, StepState

START = dt.datetime(2026, 1, 31, 12, 0, tzinfo=dt.UTC)
SHIP = Workflow.model_validate(
    {
        "name": "ship",
        "steps": [
            {"name": "reserve", "task": "inventory.reserve_stock"},
            {"name": "charge", "task": "billing.charge_card", "after": ["reserve"]},
            {"name": "book", "task": "scheduling.book_truck", "after": ["reserve"]},
            {"name": "notify", "task": "messaging.send_receipt", "after": ["charge", "book"]},
        ],
    }
)


def after(seconds: float) -> dt.datetime:
    return START + dt.timedelta(seconds=seconds)


def run(state: RunState = RunState.RUNNING, **fields: Any) -> Run:
    return Run(
        **{
            "id": "7f3a",
            "workflow": "ship",
            "version": SHIP.version,
            "state": state,
            "priority": Priority.NORMAL,
            "input": {},
            "idempotency_key": None,
            "submitted_at": START,
            "started_at": START,
            "ended_at": None,
            "error": None,
            **fields,
        }
    )


def step(name: str, state: StepState, **fields: Any) -> StepView:
    task = next(step.task for step in SHIP.steps if step.name == name)
    unset = dict.fromkeys(
        ("worker", "queued_at", "due_at", "started_at", "ended_at", "result", "error", "reason")
    )
    return StepView(
        **{
            **unset,
            "name": name,
            "task": task,
            "state": state,
            "priority": Priority.NORMAL,
            "attempts": 1,
            **fields,
        }
    )


def drawn(of: Run, steps: list[StepView]) -> list[str]:
    console = Console(width=120, color_system=None)
    with console.capture() as captured:
        console.print(picture(of, steps, compile(SHIP), now=after(2.1)))
    return [line.rstrip() for line in captured.get().splitlines()]


def test_a_run_on_its_way() -> None:
    steps = [
        step("reserve", StepState.SUCCEEDED, started_at=START, ended_at=after(0.25)),
        step("charge", StepState.RUNNING, started_at=after(0.5), attempts=2),
        step("book", StepState.QUEUED),
        step("notify", StepState.PENDING),
    ]

    assert drawn(run(), steps) == [
        "ship 7f3a  running  2.1s",
        "├─ ■ reserve  inventory   succeeded    0.2s",
        "├─ □ charge   billing     running      1.6s  attempt 2",
        "├─ · book     scheduling  queued             waits for a scheduling worker",
        "└─ · notify   messaging   pending            after charge, book",
    ]


def test_a_run_that_failed_says_why() -> None:
    failure = {"type": "CardRefused", "message": "limit reached\nmore", "traceback": ""}
    steps = [
        step("reserve", StepState.SUCCEEDED, started_at=START, ended_at=after(1)),
        step("charge", StepState.FAILED, started_at=START, ended_at=after(1), error=failure),
        step("book", StepState.SKIPPED, started_at=START, ended_at=START, reason="no truck"),
        step("notify", StepState.CANCELLED, reason="step 'charge' failed"),
    ]
    failed = run(
        RunState.FAILED,
        ended_at=after(1),
        error="step 'charge' failed: limit reached",
        warnings=("reserve: the list is old",),
    )

    assert drawn(failed, steps) == [
        "ship 7f3a  failed  1.0s",
        "├─ ■ reserve  inventory   succeeded    1.0s",
        "├─ ✗ charge   billing     failed       1.0s  CardRefused: limit reached",
        "├─ – book     scheduling  skipped            no truck",
        "└─ – notify   messaging   cancelled          step 'charge' failed",
        "   ! reserve: the list is old",
        "   ✗ step 'charge' failed: limit reached",
    ]


def test_what_is_undone_later_says_so() -> None:
    undo = {"task": "inventory.free_stock"}
    steps = [{"name": "reserve", "task": "inventory.reserve_stock", "compensate": undo}]
    plan = compile(Workflow.model_validate({"name": "ship", "steps": steps}))
    undoing = dataclasses.replace(step("reserve", StepState.PENDING), name="reserve.undo")

    assert reason_of(undoing, {}, plan) == "when what was done later is undone"


def test_every_state_has_a_mark() -> None:
    assert set(MARKS) == set(StepState)


def test_of_a_wide_run_the_steps_that_move_are_shown_first() -> None:
    many = Workflow.model_validate(
        {"name": "wide", "steps": [{"name": f"s{n}", "task": "toy.note"} for n in range(100)]}
    )
    steps = [
        StepView(
            *(f"s{n}", "toy.note", StepState.RUNNING if n == 99 else StepState.PENDING),
            *(Priority.NORMAL, 1, None, None, None, None, None, None, None, None),
        )
        for n in range(100)
    ]
    console = Console(width=120, color_system=None)
    with console.capture() as captured:
        console.print(picture(run(), steps, compile(many), now=START))
    lines = captured.get().splitlines()

    assert len(lines) == 42
    assert "s99" in lines[40]
    assert lines[41].strip() == "└─ and 60 more steps"


def test_a_chord_is_written_as_celery_does_with_steps_for_tasks() -> None:
    def stub(name: str) -> dict[str, Any]:
        return {"task": f"billing.{name}", "args": [name], "kwargs": {}}

    body = {"task": "celery.chain", "kwargs": {"tasks": [stub("c"), stub("d")]}}
    chord = {"task": "celery.chord", "kwargs": {"header": [stub("a"), stub("b")], "body": body}}

    assert written(chord) == "chord([a, b], chain(c, d))"
