"""`orchestrator agent`: take work that waits for agents, and say what came of it.

orchestrator agent claim review > ticket.json
orchestrator agent beat ticket.json > beaten.json
orchestrator agent complete ticket.json --input report.json
"""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.cli import opening, output
from orchestrator.cli.answer_input import AnswerFileOption, FieldOption, ValueOption
from orchestrator.cli.exits import Exit
from orchestrator.cli.runs import RunArgument
from orchestrator.cli.who import ByOption
from orchestrator.errors import InvalidInput

if TYPE_CHECKING:
    from orchestrator.ledger.waiting.tickets import WorkTicket

app = typer.Typer(
    help="Take work that waits for agents, and say what came of it.", no_args_is_help=True
)

TicketArgument = Annotated[
    str,
    typer.Argument(metavar="TICKET", help="The file that `claim` printed, - for standard input."),
]


@app.command()
def claim(
    skills: Annotated[list[str], typer.Argument(metavar="SKILL...", help="What you can do.")],
    *,
    by: ByOption,
) -> None:
    """Take the most urgent step that waits for one of the skills; print its ticket as JSON."""
    ticket = opening.coordinator().claim_next(*skills, by=by)
    if ticket is None:
        output.say(f"nothing waits for an agent that can {' or '.join(skills)}")
        raise typer.Exit(Exit.FAILED)
    _show(ticket)


@app.command()
def take(
    run: RunArgument,
    step: Annotated[str, typer.Argument(help="A step that waits, by name.")],
    *,
    by: ByOption,
) -> None:
    """Take one step that waits for an agent or a person; print its ticket as JSON."""
    coordinator = opening.coordinator()
    _show(coordinator.claim(coordinator.find(run), step, by=by))


@app.command()
def beat(ticket: TicketArgument) -> None:
    """Say that the work goes on; print the ticket with its new lease."""
    _show(opening.coordinator().heartbeat(_read(ticket)))


@app.command()
def complete(
    ticket: TicketArgument,
    *,
    set_: FieldOption = None,
    file: AnswerFileOption = None,
    value: ValueOption = None,
) -> None:
    """End the step with a report, which is its result."""
    from orchestrator.cli.answer_input import read_answer

    held = _read(ticket)
    opening.coordinator().complete(held, read_answer(set_ or (), file, value))
    output.say(f"step {held.step!r} of run {held.run_id} is done")


@app.command()
def fail(
    ticket: TicketArgument,
    message: Annotated[str, typer.Argument(help="Why, a sentence.")],
    *,
    set_: FieldOption = None,
    file: AnswerFileOption = None,
    value: ValueOption = None,
    retry: Annotated[
        bool, typer.Option("--retry", help="Let others try it; the step waits on.")
    ] = False,
) -> None:
    """End the step as failed; a report is kept in the log."""
    from orchestrator.cli.answer_input import read_answer

    held = _read(ticket)
    report = read_answer(set_ or (), file, value)
    opening.coordinator().fail(held, message, report, retry=retry)
    left = "is left to others" if retry else "has failed"
    output.say(f"step {held.step!r} of run {held.run_id} {left}: {message}")


@app.command()
def give_up(
    ticket: TicketArgument,
    reason: Annotated[
        str, typer.Option(help="Why, for who looks later.")
    ] = "the work was given up",
) -> None:
    """Give the claim back, so that others may take the step."""
    held = _read(ticket)
    opening.coordinator().give_up(held, reason=reason)
    output.say(f"step {held.step!r} of run {held.run_id} is free")


def _show(ticket: "WorkTicket") -> None:
    output.show_json(asdict(ticket))


def _read(file: str) -> "WorkTicket":
    from pydantic import TypeAdapter, ValidationError

    from orchestrator.ledger.waiting.tickets import WorkTicket

    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text()
        return TypeAdapter(WorkTicket).validate_json(text)
    except OSError as error:
        raise InvalidInput(f"{file!r} cannot be read: {error.strerror}") from error
    except (ValidationError, UnicodeDecodeError) as error:
        raise InvalidInput(
            f"{file!r} is no ticket: it holds what `orchestrator agent claim` prints"
        ) from error
