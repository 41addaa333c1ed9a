"""`orchestrator runs each` and `orchestrator runs errors`: many runs at once."""

import datetime as dt
from collections.abc import Callable
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestrator.cli import opening, output
from orchestrator.cli.changing import StandOption, StopOption, ToOption
from orchestrator.cli.exits import Exit
from orchestrator.cli.output import JsonOption
from orchestrator.cli.run import PriorityOption
from orchestrator.cli.who import ByOption, ReasonOption
from orchestrator.states import Priority, RunState

if TYPE_CHECKING:
    from orchestrator.coordinator import Coordinator
    from orchestrator.ledger.verbs.selecting import RunFilter
    from orchestrator.verbs.bulk import Report


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the verbs are given; each takes what it knows."""

    by: str
    reason: str
    priority: Priority | None
    to: str
    stop: bool
    let_stand: bool
    dry_run: bool

    def do(self, verb: "Verb", coordinator: "Coordinator", wanted: "RunFilter") -> "Report":
        """Do it to each run that is wanted."""
        said: dict[str, Any] = {
            "by": self.by,
            "reason": self.reason or f"`orchestrator runs each {verb}`",
            "dry_run": self.dry_run,
        }
        doing: dict[Verb, Callable[[], Report]] = {
            Verb.CANCEL: lambda: coordinator.cancel_all(
                wanted, stop=self.stop, compensate=not self.let_stand, **said
            ),
            Verb.PAUSE: lambda: coordinator.pause_all(wanted, **said),
            Verb.RESUME: lambda: coordinator.resume_all(wanted, **said),
            Verb.RETRY: lambda: coordinator.retry_all(wanted, **said),
            Verb.RERUN: lambda: coordinator.rerun_all(wanted, priority=self.priority, **said),
            Verb.PRIORITY: lambda: coordinator.reprioritize_all(
                wanted, _given(self.priority), **said
            ),
            Verb.MOVE: lambda: coordinator.move_all(wanted, to=self.to, **said),
        }
        return doing[verb]()


class Verb(StrEnum):
    """What can be done to many runs."""

    CANCEL = "cancel"
    PAUSE = "pause"
    RESUME = "resume"
    RETRY = "retry"
    RERUN = "rerun"
    PRIORITY = "priority"
    MOVE = "move"


WorkflowOption = Annotated[str | None, typer.Option(help="Runs of this workflow.")]
StateOption = Annotated[list[RunState] | None, typer.Option(help="Runs in this state. Repeat it.")]
AfterOption = Annotated[
    dt.datetime | None, typer.Option(help="Runs submitted at this local time or later.")
]
BeforeOption = Annotated[
    dt.datetime | None, typer.Option(help="Runs submitted before this local time.")
]
SessionOption = Annotated[str | None, typer.Option(help="Runs of this session.")]


def each(  # noqa: PLR0913 - a command's arguments are its options
    verb: Annotated[Verb, typer.Argument(help="What to do to each.")],
    *,
    by: ByOption,
    workflow: WorkflowOption = None,
    state: StateOption = None,
    after: AfterOption = None,
    before: BeforeOption = None,
    error: Annotated[str | None, typer.Option(help="Runs whose error has this in it.")] = None,
    error_type: Annotated[
        str | None, typer.Option(help="Runs that failed by an error of this class.")
    ] = None,
    kind: Annotated[
        str | None, typer.Option(help="Runs whose error is of this kind; see `runs errors`.")
    ] = None,
    session: SessionOption = None,
    reason: ReasonOption = "",
    priority: PriorityOption = None,
    to: ToOption = "current",
    stop: StopOption = False,
    let_stand: StandOption = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say to which runs.")] = False,
    json: JsonOption = False,
) -> None:
    """Do one thing to each run that fits all that is given; one at least must be.

    The exit code is 1 if one was refused.
    """
    from orchestrator.ledger.verbs.selecting import RunFilter

    wanted = RunFilter(
        workflow,
        tuple(state or ()),
        _aware(after),
        _aware(before),
        error,
        error_type,
        kind,
        session,
    )
    if wanted == RunFilter():
        raise typer.BadParameter("say which runs, for example --workflow and --state")
    if verb is Verb.PRIORITY:
        _given(priority)
    asked = _Asked(by, reason, priority, to, stop, let_stand, dry_run)
    report = asked.do(verb, opening.coordinator(), wanted)
    if json:
        output.show_json(asdict(report))
    else:
        _show(report, verb, dry_run=dry_run)
    if report.refused:
        raise typer.Exit(Exit.FAILED)


def errors(
    *,
    workflow: WorkflowOption = None,
    state: StateOption = None,
    after: AfterOption = None,
    before: BeforeOption = None,
    session: SessionOption = None,
    json: JsonOption = False,
) -> None:
    """Count the runs that did not succeed by the kind of their error."""
    from orchestrator.ledger.verbs.selecting import RunFilter

    wanted = RunFilter(workflow, tuple(state or ()), _aware(after), _aware(before), session=session)
    found = opening.coordinator().errors(wanted)
    if json:
        output.show_json([{"kind": k, "runs": count, "newest": run} for k, count, run in found])
        return
    output.show_table(
        (">RUNS", "NEWEST", "KIND"),
        ((count, run, kind) for kind, count, run in found),
        empty="no run has an error",
    )


def _given(priority: Priority | None) -> Priority:
    if priority is None:
        raise typer.BadParameter("say which, with --priority")
    return priority


def _aware(at: dt.datetime | None) -> dt.datetime | None:
    """Return a time of this place as one of everywhere."""
    return None if at is None else at.astimezone(dt.UTC)


def _show(report: "Report", verb: Verb, *, dry_run: bool) -> None:
    for run_id in report.done:
        output.show(report.began.get(run_id, run_id))
    for run_id, sentence in report.refused.items():
        output.say(f"{run_id}: {sentence}")
    did = f"{verb} would be tried on" if dry_run else f"{verb}: done to"
    output.say(
        f"{did} {len(report.done)}, nothing to do for {len(report.unchanged)}, "
        f"refused for {len(report.refused)}"
    )
