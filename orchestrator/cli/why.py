"""`orchestrator why`: what a run, or a step of it, waits for."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.cli import opening, output
from orchestrator.cli.output import JsonOption
from orchestrator.cli.runs import RunArgument

if TYPE_CHECKING:
    from orchestrator.coordinator import Coordinator


def why(
    run: RunArgument,
    step: Annotated[
        str | None, typer.Argument(metavar="[STEP]", help="Only this step, or element: 'build[3]'.")
    ] = None,
    *,
    behind: Annotated[
        bool, typer.Option("--all", help="Also the steps that wait for other steps of the run.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Say why a run does not move: what each unfinished step waits for, and since when."""
    from orchestrator.why.reasons import Cause

    coordinator = opening.coordinator()
    run_id = coordinator.find(run)
    found = coordinator.why(run_id, step)
    if json:
        output.show_json([asdict(reason) for reason in found])
        return
    waiting = Cause.PREDECESSORS
    shown = [r for r in found if behind or step is not None or r.cause is not waiting]
    output.show_table(
        ("STEP", "CAUSE", "WHY", "SINCE"),
        ((reason.step or "", reason.cause, reason.sentence, reason.since) for reason in shown),
        empty=_nothing(coordinator, run_id),
    )
    if hidden := len(found) - len(shown):
        steps = "step that runs" if hidden == 1 else "steps that run"
        output.say(f"and {hidden:,} {steps} after these: --all shows them")


def _nothing(coordinator: "Coordinator", run_id: str) -> str:
    run = coordinator.run(run_id)
    error = f": {run.error}" if run.error else ""
    return f"run {run_id} waits for nothing: it is {run.state}{error}"
