"""`orchestrator tasks`: what steps can call, and single tasks run without a workflow."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestrator.cli import opening, output
from orchestrator.cli.exits import Exit
from orchestrator.cli.output import JsonOption
from orchestrator.cli.run import KeyOption, PriorityOption
from orchestrator.cli.run_input import SetOption, parse_assignments

if TYPE_CHECKING:
    from orchestrator.declare import Task

app = typer.Typer(help="What steps can call; and single tasks.", no_args_is_help=True)

TaskIdArgument = Annotated[
    str,
    typer.Argument(metavar="ID", help="What `tasks submit` printed, or enough of its beginning."),
]


@app.command("list")
def list_tasks(*, json: JsonOption = False) -> None:
    """List the tasks that packages define, with what they take and give."""
    tasks = opening.application().tasks
    found = [_document(tasks[name]) for name in sorted(tasks)]
    if json:
        output.show_json(found)
        return
    output.show_table(
        ("TASK", "TAKES", "GIVES"),
        (
            (
                task["name"],
                ", ".join(f"{i['name']}: {i['type']}" for i in task["inputs"]),
                task["result"],
            )
            for task in found
        ),
        empty="no tasks: ORCHESTRATOR_PACKAGES names the packages that define them",
    )


@app.command()
def submit(
    name: Annotated[str, typer.Argument(metavar="TASK", help="A task by name.")],
    set_: SetOption = None,
    priority: PriorityOption = None,
    key: KeyOption = None,
    *,
    json: JsonOption = False,
) -> None:
    """Submit one task alone and print its id."""
    coordinator = opening.coordinator()
    inputs = parse_assignments(set_ or ())
    task_id = coordinator.submit_task(name, inputs, idempotency_key=key, priority=priority)
    if json:
        output.show_json({"id": task_id, "state": coordinator.get_task_status(task_id)})
    else:
        output.show(task_id)


@app.command()
def status(task: TaskIdArgument, *, json: JsonOption = False) -> None:
    """Print the state of a task that was submitted alone."""
    coordinator = opening.coordinator()
    task_id = coordinator.find(task)
    state = coordinator.get_task_status(task_id)
    if json:
        output.show_json({"id": task_id, "state": state})
    else:
        output.show(state)


@app.command()
def cancel(task: TaskIdArgument, *, json: JsonOption = False) -> None:
    """Stop a task that was submitted alone, unless it has ended."""
    coordinator = opening.coordinator()
    task_id = coordinator.find(task)
    stopped = coordinator.cancel_task(task_id)
    state = coordinator.get_task_status(task_id)
    if json:
        output.show_json({"id": task_id, "state": state, "stopped": stopped})
    else:
        had_ended = f"had ended: it {state}" if state.is_final else "was stopping already"
        output.say(f"task {task_id} {'is stopping' if stopped else had_ended}")
    if not stopped:
        raise typer.Exit(Exit.FAILED)


def _document(task: "Task") -> dict[str, Any]:
    from orchestrator.validation.typing_fit import type_name

    return {
        "name": task.name,
        "pool": task.domain,
        "inputs": [
            {"name": p.name, "type": type_name(p.annotation), "required": p.required}
            for p in task.parameters.values()
        ],
        "result": type_name(task.result_type),
    }
