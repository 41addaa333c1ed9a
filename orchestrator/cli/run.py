"""`orchestrator run`: begin a run, and watch it if you like."""

from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.cli import opening, output
from orchestrator.cli.exits import Exit
from orchestrator.cli.output import JsonOption
from orchestrator.cli.run_input import InputOption, SetOption
from orchestrator.states import Priority

if TYPE_CHECKING:
    from orchestrator.coordinator import Coordinator


#: All of them, for the help.
LEVELS = ", ".join(level.name.lower() for level in Priority)


def priority_of(name: str) -> Priority:
    """Return the priority of this name, for the options of commands."""
    if name.upper() not in Priority.__members__:
        raise typer.BadParameter(f"{name!r} is no priority: it is one of {LEVELS}")
    return Priority[name.upper()]


PriorityOption = Annotated[
    Priority | None,
    typer.Option(
        parser=priority_of,
        metavar="PRIORITY",
        help=f"{LEVELS}; the workflow's unless given.",
    ),
]
KeyOption = Annotated[
    str | None,
    typer.Option("--key", help="The same key gives the same run, however often it is submitted."),
]


def run(  # noqa: PLR0913 - each of them is a choice that a caller has
    name: Annotated[str, typer.Argument(metavar="WORKFLOW", help="A workflow by name.")],
    set_: SetOption = None,
    input_: InputOption = None,
    priority: PriorityOption = None,
    key: KeyOption = None,
    *,
    session: Annotated[
        str | None, typer.Option(metavar="ID", help="The session it belongs to.")
    ] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Show it until it has ended.")] = False,
    json: JsonOption = False,
    timeout: Annotated[
        float | None,
        typer.Option(min=0, help="With --watch: give up waiting after so many seconds."),
    ] = None,
) -> None:
    """Begin a run of a workflow and print its id; with --watch show it until it has ended."""
    from orchestrator.cli.run_input import read_input

    coordinator = opening.coordinator()
    run_input = read_input(coordinator.application.workflow(name), input_, set_ or ())
    begun = coordinator.submit(
        name, run_input, idempotency_key=key, priority=priority, session_id=session
    )
    if watch:
        _watch(coordinator, begun.id, timeout, json=json)
    elif json:
        from orchestrator.cli import documents

        output.show_json(documents.whole_run(coordinator, begun.id))
    else:
        output.show(begun.id)


def _watch(coordinator: "Coordinator", run_id: str, timeout: float | None, *, json: bool) -> None:
    from orchestrator.cli import documents, watching

    try:
        ended = watching.watch(coordinator, run_id, timeout=timeout)
    except TimeoutError as error:
        output.say(f"error: {error} after {timeout:g} s: `orchestrator runs show {run_id} --watch`")
        raise typer.Exit(Exit.TIMEOUT) from error
    if json:
        output.show_json(documents.whole_run(coordinator, run_id))
    else:
        output.show_drawing(watching.draw(coordinator, ended))
    raise typer.Exit(watching.exit_of(ended))
