"""`orchestrator runs …`: the verbs that change a run."""

from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from orchestrator.cli import opening, output
from orchestrator.cli.exits import Exit
from orchestrator.cli.run import LEVELS, KeyOption, PriorityOption, priority_of
from orchestrator.cli.run_input import SetOption
from orchestrator.cli.runs import RunArgument
from orchestrator.cli.who import ByOption, ReasonOption
from orchestrator.definition import names
from orchestrator.states import RunState

if TYPE_CHECKING:
    from orchestrator.coordinator import Coordinator

StopOption = Annotated[
    bool, typer.Option("--stop", help="End running steps too, and their processes within a beat.")
]
StandOption = Annotated[
    bool, typer.Option("--let-stand", help="Undo nothing of what was done, or nothing more.")
]
ToOption = Annotated[
    str, typer.Option(help="`current`, or the fingerprint of a version that a run was begun with.")
]
AllStepsOption = Annotated[
    bool, typer.Option("--all-steps", help="Also of steps that name a priority of their own.")
]


def cancel(
    run: RunArgument,
    by: ByOption,
    reason: ReasonOption = "the run was cancelled",
    *,
    stop: StopOption = False,
    let_stand: StandOption = False,
) -> None:
    """Stop a run: open steps are cancelled, running ones finish, what was done is undone."""
    coordinator = opening.coordinator()
    run_id = coordinator.find(run)
    was_ending = coordinator.run(run_id).ending is not None
    if not coordinator.cancel(run_id, by=by, reason=reason, stop=stop, compensate=not let_stand):
        _nothing(_why_not_cancelled(coordinator, run_id))
    does = "undoes nothing more" if was_ending and let_stand else "is stopping"
    output.say(f"run {run_id} {does}: {reason}")


def pause(run: RunArgument, by: ByOption, reason: ReasonOption = "the run was paused") -> None:
    """Hold a run back: running steps finish, and none starts until it is resumed."""
    coordinator = opening.coordinator()
    run_id = coordinator.find(run)
    if not coordinator.pause(run_id, by=by, reason=reason):
        _nothing(f"run {run_id} was paused already")
    output.say(f"run {run_id} is paused")


def resume(run: RunArgument, by: ByOption, reason: ReasonOption = "the run was resumed") -> None:
    """Let a paused run go on."""
    coordinator = opening.coordinator()
    run_id = coordinator.find(run)
    if not coordinator.resume(run_id, by=by, reason=reason):
        _nothing(f"run {run_id} was not paused")
    output.say(f"run {run_id} goes on")


def retry(
    run: RunArgument,
    by: ByOption,
    step: Annotated[
        list[str] | None,
        typer.Option(help="Do this step again, or element `build[3]` of a map. Repeat it."),
    ] = None,
    reason: ReasonOption = "the run was retried",
    *,
    onwards: Annotated[
        bool, typer.Option("--onwards", help="Also all that follows these steps.")
    ] = False,
) -> None:
    """Let a run go on from the steps that failed it; what succeeded is not done again."""
    coordinator = opening.coordinator()
    run_id = coordinator.find(run)
    if not coordinator.retry(run_id, step or (), onwards=onwards, by=by, reason=reason):
        _nothing(f"run {run_id} has nothing to do again: it is {coordinator.run(run_id).state}")
    output.say(f"run {run_id} goes on")


def skip(
    run: RunArgument,
    steps: Annotated[list[str], typer.Argument(metavar="STEP...", help="The steps to skip.")],
    by: ByOption,
    reason: Annotated[str, typer.Option(help="Why, for who looks later.")],
) -> None:
    """Let a run go on without a step, as if somebody had seen to it."""
    coordinator = opening.coordinator()
    run_id = coordinator.find(run)
    skipped = ", ".join(steps)
    if not coordinator.skip(run_id, steps, by=by, reason=reason):
        _nothing(f"of run {run_id}, {skipped} was skipped before")
    output.say(f"run {run_id} goes on without {skipped}")


def rerun(
    run: RunArgument,
    by: ByOption,
    version: Annotated[
        str, typer.Option(help="`same`, `current`, or the fingerprint of another.")
    ] = "same",
    set_: SetOption = None,
    priority: PriorityOption = None,
    key: KeyOption = None,
    reason: ReasonOption = "the run was run again",
) -> None:
    """Begin a run that repeats another, with its input or a changed one; print its id."""
    from orchestrator.cli.run_input import parse_assignments

    coordinator = opening.coordinator()
    original = coordinator.run(coordinator.find(run))
    changed = parse_assignments(set_ or ())
    new = coordinator.rerun(
        original.id,
        version=version,
        run_input={**original.input, **changed} if changed else None,
        priority=priority,
        idempotency_key=key,
        by=by,
        reason=reason,
    )
    output.show(new.id)


def priority(
    run: RunArgument,
    level: Annotated[str, typer.Argument(metavar="PRIORITY", help=f"The new one: {LEVELS}.")],
    by: ByOption,
    reason: ReasonOption = "the priority was changed",
    *,
    all_steps: AllStepsOption = False,
) -> None:
    """Change the priority of what is left of a run; queued messages move."""
    wanted = priority_of(level)
    coordinator = opening.coordinator()
    run_id = coordinator.find(run)
    changed = coordinator.reprioritize(run_id, wanted, all_steps=all_steps, by=by, reason=reason)
    if not changed:
        _nothing(f"nothing is left of run {run_id} that has another priority")
    output.say(f"run {run_id} has priority {wanted.name.lower()}")


def move(
    run: RunArgument,
    by: ByOption,
    to: ToOption = "current",
    reason: ReasonOption = "the run was moved",
) -> None:
    """Let a run go on by another version of its workflow, where what it has begun agrees."""
    coordinator = opening.coordinator()
    run_id = coordinator.find(run)
    if not coordinator.move(run_id, to=to, by=by, reason=reason):
        _nothing(f"run {run_id} follows that version already")
    output.say(f"run {run_id} follows version {coordinator.run(run_id).version}")


def _nothing(sentence: str) -> NoReturn:
    """Say that there was nothing to do; a script learns it from the exit code.

    Raises:
        Exit: always.
    """
    output.say(sentence)
    raise typer.Exit(Exit.FAILED)


def _why_not_cancelled(coordinator: "Coordinator", run_id: str) -> str:
    run = coordinator.run(run_id)
    if run.ending is None:
        return f"run {run_id} had already {_ended_as(run.state)}"
    undoings = [s for s in coordinator.steps(run_id, elements=True) if names.undone(s.name)]
    undoes = any(not undoing.state.is_final for undoing in undoings)
    more = ", and undoes what it did" if undoes else ""
    return f"run {run_id} is already coming to its end ({run.ending}){more}"


def _ended_as(state: RunState) -> str:
    return "been cancelled" if state is RunState.CANCELLED else str(state)


#: All of them, in the order in which `--help` lists them.
VERBS = (cancel, pause, resume, retry, skip, rerun, priority, move)
