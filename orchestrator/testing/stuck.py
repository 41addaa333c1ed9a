"""Why a run in a test goes no further, in words, with the way out."""

from collections.abc import Iterator
from pathlib import Path

from orchestrator.coordinator import Coordinator
from orchestrator.ledger.verbs.family import family
from orchestrator.ledger.views import StepView
from orchestrator.local.process import tail
from orchestrator.states import HANDED_OVER, RunState, StepState

_SKIP = "move the clock with `stack.skip(…)`, or let `run_to_end(…, skip_waits=True)` do it"

#: How to give what a step waits for; `{}` is its name, or that of its signal.
_ANSWERS = {
    "signal": "send it with `stack.coordinator.signal(run.id, {!r}, …)`",
    "person": "give it with `stack.coordinator.answer(run.id, {!r}, …)`",
    "agent": "do it with `stack.coordinator.claim(run.id, {!r}, …)` and `complete(ticket, …)`",
}


class Stuck(AssertionError):
    """A run goes no further, or not in time; the message says why, and the way out."""


def stuck(coordinator: Coordinator, run_id: str) -> Stuck:
    """Return what to raise when a run goes no further by itself."""
    run = coordinator.run(run_id)
    lines = [f"run {run.id} of workflow {run.workflow!r} is {run.state} and goes no further:"]
    with coordinator.ledger.read() as connection:
        runs = family(connection, run_id)
    for each in runs:
        lines += _waits(coordinator, each)
    return Stuck("\n  ".join(lines))


def late(coordinator: Coordinator, logs: Path) -> Stuck:
    """Return what to raise when something still goes on after a test's patience."""
    lines = ["this still goes on, and the test waits no longer:"]
    for run in coordinator.runs(states=(RunState.PENDING, RunState.RUNNING)):
        for step in coordinator.steps(run.id):
            if step.state in (StepState.READY, *HANDED_OVER, StepState.RUNNING):
                lines.append(f"step {step.name!r} of run {run.id} is {step.state}")
                lines += _log_of(step, logs)
    return Stuck("\n  ".join(lines))


def _waits(coordinator: Coordinator, run_id: str) -> Iterator[str]:
    run = coordinator.run(run_id)
    if run.state is RunState.PAUSED:
        yield f"run {run_id} is paused: resume it"
    for step in coordinator.steps(run_id):
        if step.state is StepState.WAITING and (way_out := _way_out(coordinator, run_id, step)):
            yield f"step {step.name!r} is waiting ({step.reason or _until(step)}): {way_out}"


def _way_out(coordinator: Coordinator, run_id: str, step: StepView) -> str | None:
    defined = coordinator.plan(run_id)[step.name].step
    if defined.wait_for is None:
        return _SKIP if step.due_at else None  # children and elements speak for themselves
    kind = defined.wait_for.kind
    if kind == "timer":
        return _SKIP
    return _ANSWERS[kind].format(defined.wait_for.signal or step.name)


def _until(step: StepView) -> str:
    return f"until {step.due_at:%Y-%m-%d %H:%M:%S} UTC" if step.due_at else ""


def _log_of(step: StepView, logs: Path) -> Iterator[str]:
    if last := tail(logs / f"{step.domain}.log", 8):
        yield f"the end of the log of pool {step.domain!r}:\n{last}"
