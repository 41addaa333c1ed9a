"""`orchestrator runs`: look at runs, read what they gave; the verbs are in `changing`."""

from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.cli import opening, output
from orchestrator.cli.exits import Exit
from orchestrator.cli.output import JsonOption, LimitOption
from orchestrator.states import RunState

if TYPE_CHECKING:
    from orchestrator.coordinator import Coordinator

app = typer.Typer(help="Look at runs, change them, read what they gave.", no_args_is_help=True)

RunArgument = Annotated[
    str, typer.Argument(metavar="RUN", help="A run's id, or enough of its beginning.")
]


@app.command("list")
def list_runs(
    *,
    workflow: Annotated[str | None, typer.Option(help="Only runs of this workflow.")] = None,
    state: Annotated[
        list[RunState] | None, typer.Option(help="Only runs in this state. Repeat it.")
    ] = None,
    limit: LimitOption = 50,
    json: JsonOption = False,
) -> None:
    """List runs, the newest first."""
    from orchestrator.cli import documents

    found = opening.coordinator().runs(workflow=workflow, states=state or (), limit=limit)
    if json:
        output.show_json([documents.listed_run(run) for run in found])
        return
    output.show_table(
        ("RUN", "WORKFLOW", "STATE", "PRIORITY", "SUBMITTED", "ERROR"),
        (
            (
                run.id,
                run.workflow,
                run.state,
                run.priority.name.lower(),
                run.submitted_at,
                run.error,
            )
            for run in found
        ),
        empty="no runs: `orchestrator run WORKFLOW` begins one",
    )


@app.command()
def show(
    run: RunArgument,
    *,
    events: Annotated[bool, typer.Option("--events", help="Also its log.")] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Show it until it has ended; the exit code says how.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Show a run as a small picture: each step's state, seconds and reason."""
    from orchestrator.cli import watching

    coordinator = opening.coordinator()
    run_id = coordinator.find(run)
    if watch:
        watching.watch(coordinator, run_id)
    if json:
        _show_document(coordinator, run_id, events=events)
    else:
        output.show_drawing(watching.draw(coordinator, coordinator.run(run_id)))
        if events:
            _show_events(coordinator, run_id)
    if watch:
        raise typer.Exit(watching.exit_of(coordinator.run(run_id)))


@app.command()
def result(
    run: RunArgument,
    *,
    _json: Annotated[bool, typer.Option("--json", help="As it is anyway.")] = False,
) -> None:
    """Print what a run gave, as JSON."""
    coordinator = opening.coordinator()
    ended = coordinator.run(coordinator.find(run))
    if ended.state is not RunState.SUCCEEDED:
        output.say(f"error: run {ended.id} has no result: it is {ended.state}")
        raise typer.Exit(Exit.FAILED)
    output.show_json(coordinator.result(ended.id))


def _show_document(coordinator: "Coordinator", run_id: str, *, events: bool) -> None:
    from orchestrator.cli import documents

    log = {"events": documents.events(coordinator, run_id)} if events else {}
    output.show_json({**documents.whole_run(coordinator, run_id), **log})


def _show_events(coordinator: "Coordinator", run_id: str) -> None:
    from orchestrator.cli import documents

    output.show("")
    output.show_table(
        ("AT", "EVENT", "STEP", "ATTEMPT", "DETAIL"),
        (
            (
                event["at"].astimezone().strftime("%H:%M:%S.%f")[:-3],
                event["name"],
                event["step"],
                event["attempt"],
                ", ".join(f"{name}: {value}" for name, value in event["detail"].items()),
            )
            for event in documents.events(coordinator, run_id)
        ),
        empty="nothing has happened yet",
    )
