"""A run as a small picture: a line a step, with its mark, pool, state, seconds and reason."""

import datetime as dt
from typing import Any

from orchestrator.definition.names import undone
from orchestrator.ledger.views import Run, StepView
from orchestrator.plan import Plan
from orchestrator.states import RunState, StepState

#: state: mark and colour
MARKS = {
    StepState.PENDING: ("·", "dim"),
    StepState.READY: ("·", "dim"),
    StepState.QUEUED: ("·", "default"),
    StepState.PARKED: ("◌", "yellow"),
    StepState.WAITING: ("◌", "yellow"),
    StepState.RUNNING: ("□", "cyan"),
    StepState.SUCCEEDED: ("■", "green"),
    StepState.FAILED: ("✗", "red"),
    StepState.SKIPPED: ("–", "dim"),
    StepState.CANCELLED: ("–", "red"),
}
COLOURS = {
    RunState.PENDING: "dim",
    RunState.RUNNING: "cyan",
    RunState.PAUSED: "yellow",
    RunState.SUCCEEDED: "green",
    RunState.FAILED: "red",
    RunState.CANCELLED: "red",
}
#: Of a wide run so many steps are shown, before all others those where something happens.
_SHOWN = 40
_MOVING = (StepState.RUNNING, StepState.FAILED, StepState.WAITING, StepState.PARKED)


def picture(run: Run, steps: list[StepView], plan: Plan, *, now: dt.datetime) -> Any:
    """Return a run drawn for the terminal."""
    from rich.console import Group
    from rich.text import Text

    shown = _shown(steps)
    states = {step.name: step.state for step in steps}
    names = max((len(step.name) for step in shown), default=0)
    pools = max((len(step.domain) for step in shown), default=0)
    lines = [_head(run, now)]
    for step in shown:
        mark, colour = MARKS[step.state]
        branch = "└─ " if step is steps[-1] and len(shown) == len(steps) else "├─ "
        line = Text(branch, style="dim", no_wrap=True, overflow="ellipsis")
        line.append(mark, colour).append(f" {step.name:{names}}  ", "default")
        line.append(f"{step.domain:{pools}}  ").append(f"{step.state:9}", colour)
        line.append(f"  {_took(step, now):>6}", "default")
        line.append(f"  {reason_of(step, states, plan)}")
        line.rstrip()
        lines.append(line)
    if len(shown) < len(steps):
        lines.append(Text(f"└─ and {len(steps) - len(shown)} more steps", style="dim"))
    lines += [Text(f"   ! {warning}", style="yellow") for warning in run.warnings]
    if run.error:
        lines.append(Text(f"   ✗ {run.error}", style="red"))
    return Group(*lines)


def reason_of(step: StepView, states: dict[str, StepState], plan: Plan) -> str:
    """Say why a step is where it is, or nothing where its state says it all."""
    if step.state is StepState.FAILED and step.error:
        return f"{step.error['type']}: {_first_line(step.error['message'])}"
    if step.state is StepState.PENDING:
        return _pending(step, states, plan)
    if step.state is StepState.QUEUED:
        return f"waits for a {step.domain} worker"
    if step.state is StepState.READY:
        return "about to be sent"
    if step.state is StepState.RUNNING and step.attempts > 1:
        return f"attempt {step.attempts}"
    return _first_line(step.reason or "")


def _pending(step: StepView, states: dict[str, StepState], plan: Plan) -> str:
    if undone(step.name) is not None:
        return "when what was done later is undone"
    waits = [name for name in plan[step.name].after if not states[name].is_final]
    return f"after {', '.join(waits)}" if waits else "about to be sent"


def _head(run: Run, now: dt.datetime) -> Any:
    from rich.text import Text

    head = Text(f"{run.workflow} {run.id}  ", style="bold")
    head.append(run.state, COLOURS[run.state])
    begun = run.started_at or run.submitted_at
    return head.append(f"  {_seconds(begun, run.ended_at, now)}")


def _shown(steps: list[StepView]) -> list[StepView]:
    if len(steps) <= _SHOWN:
        return steps
    order = sorted(range(len(steps)), key=lambda place: steps[place].state not in _MOVING)
    return [steps[place] for place in sorted(order[:_SHOWN])]


def _took(step: StepView, now: dt.datetime) -> str:
    """Return how long a step has been at work; one that is skipped was only looked at."""
    if step.state is StepState.SKIPPED:
        return ""
    return _seconds(step.started_at, step.ended_at, now)


def _seconds(start: dt.datetime | None, end: dt.datetime | None, now: dt.datetime) -> str:
    if start is None:
        return ""
    return f"{max(0.0, ((end or now) - start).total_seconds()):.1f}s"


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0]
