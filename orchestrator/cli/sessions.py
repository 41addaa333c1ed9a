"""`orchestrator sessions`: groups of runs that share a mode."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestrator.cli import opening, output
from orchestrator.cli.exits import Exit
from orchestrator.cli.output import JsonOption, LimitOption
from orchestrator.cli.who import ByOption, ReasonOption
from orchestrator.states import ExecutionMode

if TYPE_CHECKING:
    from orchestrator.ledger.sessions.sessions import Session

app = typer.Typer(help="Groups of runs that share a mode.", no_args_is_help=True)

SessionArgument = Annotated[str, typer.Argument(metavar="SESSION", help="A session's id.")]


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="What people call it.")],
    *,
    by: ByOption,
    mode: Annotated[
        ExecutionMode, typer.Option(help="What lets the steps of its runs start.")
    ] = ExecutionMode.PARALLEL,
) -> None:
    """Create a session and print its id: `orchestrator run WORKFLOW --session ID` uses it."""
    output.show(opening.coordinator().create_session(name, mode, by=by).id)


@app.command("list")
def list_sessions(
    *,
    all_: Annotated[bool, typer.Option("--all", help="Closed ones too.")] = False,
    limit: LimitOption = 50,
    json: JsonOption = False,
) -> None:
    """List the sessions that take runs, the newest first."""
    found = opening.coordinator().sessions(with_closed=all_, limit=limit)
    if json:
        output.show_json([document(session) for session in found])
        return
    output.show_table(
        ("SESSION", "NAME", "MODE", "CREATED", "CLOSED", ">RUNS", ">DONE"),
        (
            (
                session.id,
                session.name,
                session.mode,
                session.created_at,
                session.closed_at,
                sum(session.runs.values()),
                f"{session.progress:.0%}",
            )
            for session in found
        ),
        empty="no sessions: `orchestrator sessions create NAME --mode sequential` creates one",
    )


@app.command()
def show(session: SessionArgument, *, json: JsonOption = False) -> None:
    """Show a session: how many of its runs and steps are in each state."""
    found = opening.coordinator().session(session)
    if json:
        output.show_json(document(found))
        return
    closed = f", closed at {found.closed_at:%Y-%m-%d %H:%M} UTC" if found.closed_at else ""
    output.show(f"{found.name}  {found.mode}, by {found.by}{closed}")
    for heading, counts in (("runs", found.runs), ("steps", found.steps)):
        said = ", ".join(f"{count} {state}" for state, count in counts.items())
        output.show(f"{heading:5}  {said or 'none'}")
    output.show(f"done   {found.progress:.0%}")


@app.command()
def close(session: SessionArgument, by: ByOption, reason: ReasonOption = "") -> None:
    """Let a session take no more runs; those it has go on."""
    if not opening.coordinator().close_session(session, by=by, reason=reason):
        output.say(f"session {session} was closed already")
        raise typer.Exit(Exit.FAILED)
    output.say(f"session {session} takes no more runs")


def document(session: "Session") -> dict[str, Any]:
    """Return a session as JSON has it."""
    return {**asdict(session), "progress": session.progress}
