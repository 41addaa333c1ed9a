"""Watching a run: a picture that moves on a terminal, a line a change elsewhere."""

import datetime as dt
import time
from typing import TYPE_CHECKING, Any

from orchestrator.cli import output
from orchestrator.cli.exits import Exit
from orchestrator.cli.picture import picture
from orchestrator.ledger.views import Run
from orchestrator.states import RunState, StepState

if TYPE_CHECKING:
    from orchestrator.coordinator import Coordinator

_PAUSE_SECONDS = 0.2


def watch(coordinator: "Coordinator", run_id: str, *, timeout: float | None = None) -> Run:
    """Show a run on standard error until it has ended.

    Raises:
        RunNotFound: no run has this id.
        TimeoutError: it has not ended within `timeout` seconds.
    """
    console = output.console(errors=True)
    deadline = None if timeout is None else time.monotonic() + timeout
    if console.is_terminal:
        return _live(coordinator, run_id, console, deadline)
    return _lines(coordinator, run_id, deadline)


def draw(coordinator: "Coordinator", run: Run) -> Any:
    """Return the picture of a run as it is now."""
    steps = coordinator.steps(run.id)
    return picture(run, steps, coordinator.plan(run.id), now=dt.datetime.now(dt.UTC))


def exit_of(run: Run) -> Exit:
    """Return the exit code of a command that waited for a run."""
    return Exit.SUCCEEDED if run.state is RunState.SUCCEEDED else Exit.FAILED


def _live(coordinator: "Coordinator", run_id: str, console: Any, deadline: float | None) -> Run:
    from rich.live import Live

    with Live(console=console, auto_refresh=False, transient=True) as live:
        while True:
            run = coordinator.run(run_id)
            live.update(draw(coordinator, run), refresh=True)
            if run.state.is_final:
                return run
            _pause(run, deadline)


def _lines(coordinator: "Coordinator", run_id: str, deadline: float | None) -> Run:
    seen: dict[str, StepState] = {}
    while True:
        run = coordinator.run(run_id)
        for step in coordinator.steps(run_id):
            if seen.get(step.name, StepState.PENDING) is not step.state:
                output.say(f"{dt.datetime.now().astimezone():%H:%M:%S} {step.name} {step.state}")
            seen[step.name] = step.state
        if run.state.is_final:
            return run
        _pause(run, deadline)


def _pause(run: Run, deadline: float | None) -> None:
    if deadline is not None and time.monotonic() > deadline:
        raise TimeoutError(f"run {run.id} of workflow {run.workflow!r} is still {run.state}")
    time.sleep(_PAUSE_SECONDS)
