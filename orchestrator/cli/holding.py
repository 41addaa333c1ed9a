"""`orchestrator workflows pause`, `orchestrator pools pause`, and what is held back."""

from dataclasses import asdict
from typing import Annotated

import typer

from orchestrator.cli import opening, output
from orchestrator.cli.exits import Exit
from orchestrator.cli.output import JsonOption
from orchestrator.cli.who import ByOption, ReasonOption
from orchestrator.states import Priority

pools = typer.Typer(help="Hold pools back, and see who takes turns there.", no_args_is_help=True)

WorkflowArgument = Annotated[str, typer.Argument(metavar="WORKFLOW", help="A workflow by name.")]
PoolArgument = Annotated[str, typer.Argument(metavar="POOL", help="A pool by name, its domain.")]


def pause_workflow(
    name: WorkflowArgument, by: ByOption, reason: ReasonOption = "the workflow was paused"
) -> None:
    """Hold every run of a workflow back, also those that are still to be submitted."""
    new = opening.coordinator().pause_workflow(name, by=by, reason=reason)
    _say(f"workflow {name} is paused", f"workflow {name} was paused already", is_new=new)


def resume_workflow(
    name: WorkflowArgument, by: ByOption, reason: ReasonOption = "the workflow was resumed"
) -> None:
    """Let the runs of a workflow go on, but those that were paused by themselves."""
    new = opening.coordinator().resume_workflow(name, by=by, reason=reason)
    _say(f"workflow {name} goes on", f"workflow {name} was not paused", is_new=new)


@pools.command("pause")
def pause_pool(
    name: PoolArgument, by: ByOption, reason: ReasonOption = "the pool was paused"
) -> None:
    """Let no step of a pool start, whatever run it is of; running ones finish."""
    new = opening.coordinator().pause_pool(name, by=by, reason=reason)
    _say(f"pool {name} is paused", f"pool {name} was paused already", is_new=new)


@pools.command("resume")
def resume_pool(
    name: PoolArgument, by: ByOption, reason: ReasonOption = "the pool was resumed"
) -> None:
    """Let the steps of a pool start again."""
    new = opening.coordinator().resume_pool(name, by=by, reason=reason)
    _say(f"pool {name} goes on", f"pool {name} was not paused", is_new=new)


@pools.command("turns")
def turns(*, json: JsonOption = False) -> None:
    """List who stands in line at the pools, of runs that are fair by something."""
    found = opening.coordinator().standing()
    if json:
        output.show_json([asdict(each) for each in found])
        return
    output.show_table(
        ("POOL", "PRIORITY", "FAIR BY", ">STEPS", ">WEIGHT"),
        (
            (each.pool, Priority(each.priority).name, each.fair_key, each.steps, f"{each.weight:g}")
            for each in found
        ),
        empty="nobody stands in line: no step of a run that is fair by something waits for a turn",
    )


@pools.command("weight")
def weight(
    fair_key: Annotated[str, typer.Argument(metavar="KEY", help="What runs are fair by.")],
    weight: Annotated[float, typer.Argument(help="Turns for each of another's.")],
    by: ByOption,
    reason: ReasonOption = "the weight was changed",
) -> None:
    """Give the runs of one key more turns at the pools than others have, or fewer."""
    new = opening.coordinator().set_weight(fair_key, weight, by=by, reason=reason)
    had = f"{fair_key} had {weight:g} turns for each of another's already"
    _say(f"{fair_key} has {weight:g} turns for each of another's", had, is_new=new)


def paused(*, json: JsonOption = False) -> None:
    """List the workflows and pools that are held back: since when, by whom, why."""
    found = opening.coordinator().pauses()
    if json:
        output.show_json(
            [
                {"kind": p.kind, "name": p.name, "at": p.at, "by": p.by, "reason": p.reason}
                for p in found
            ]
        )
        return
    output.show_table(
        ("KIND", "NAME", "SINCE", "BY", "REASON"),
        ((pause.kind, pause.name, pause.at, pause.by, pause.reason) for pause in found),
        empty="nothing is held back; `orchestrator runs list --state paused` shows runs that are",
    )


def _say(done: str, nothing: str, *, is_new: bool) -> None:
    output.say(done if is_new else nothing)
    if not is_new:
        raise typer.Exit(Exit.FAILED)
