"""`orchestrator schedules`: runs that begin by themselves."""

import datetime as dt
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestrator.cli import opening, output
from orchestrator.cli.exits import Exit
from orchestrator.cli.output import JsonOption
from orchestrator.cli.run import PriorityOption
from orchestrator.cli.run_input import InputOption, SetOption
from orchestrator.cli.who import ByOption, ReasonOption

if TYPE_CHECKING:
    from orchestrator.ledger.upkeep.schedules import Schedule

app = typer.Typer(help="Runs that begin by themselves.", no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(metavar="SCHEDULE", help="A schedule by name.")]


@app.command("list")
def list_schedules(*, json: JsonOption = False) -> None:
    """List the schedules: when each begins its next run, and what kept it from the last."""
    found = opening.coordinator().schedules()
    if json:
        output.show_json([_document(schedule) for schedule in found])
        return
    output.show_table(
        ("SCHEDULE", "WORKFLOW", "TIMES", "NEXT", "LAST", "LAST RUN", "ERROR"),
        (
            (
                schedule.name,
                schedule.workflow,
                _times(schedule),
                "paused" if schedule.paused_at else schedule.next_at,
                schedule.last_at,
                schedule.last_run,
                schedule.error,
            )
            for schedule in found
        ),
        empty="no schedules: `orchestrator schedules add NAME WORKFLOW --cron @daily` adds one",
    )


@app.command()
def add(  # noqa: PLR0913 - each of them is a part of a schedule
    name: Annotated[str, typer.Argument(metavar="SCHEDULE", help="A name for it.")],
    workflow: Annotated[str, typer.Argument(help="The workflow it runs.")],
    *,
    by: ByOption,
    cron: Annotated[
        str | None, typer.Option(help="Times, as in '0 9 * * 1-5' or '@daily'.")
    ] = None,
    every: Annotated[str | None, typer.Option(help="Or an interval, as in '15 min'.")] = None,
    timezone: Annotated[str, typer.Option(help="Of --cron, as in Europe/Helsinki.")] = "UTC",
    catch_up: Annotated[
        str, typer.Option(help="Runs for times that nobody was there for: none, latest or all.")
    ] = "latest",
    set_: SetOption = None,
    input_: InputOption = None,
    priority: PriorityOption = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Change the schedule of this name.")
    ] = False,
) -> None:
    """Let runs of a workflow begin by themselves.

    In the input, $scheduled_at and $scheduled_on become the time and the date of each run.
    """
    from orchestrator.cli.run_input import read_input

    coordinator = opening.coordinator()
    run_input = read_input(coordinator.application.workflow(workflow), input_, set_ or ())
    schedule = coordinator.create_schedule(
        name,
        workflow,
        run_input,
        cron=cron,
        every=_number_or_text(every),
        timezone=timezone,
        catch_up=catch_up,
        priority=priority,
        replace=replace,
        by=by,
    )
    output.say(f"schedule {name} begins its next run at {_local(schedule.next_at, timezone)}")


@app.command()
def pause(schedule: NameArgument, by: ByOption, reason: ReasonOption = "") -> None:
    """Hold a schedule back until it is resumed."""
    if not opening.coordinator().pause_schedule(schedule, by=by, reason=reason):
        output.say(f"schedule {schedule} was paused already")
        raise typer.Exit(Exit.FAILED)
    output.say(f"schedule {schedule} is paused")


@app.command()
def resume(schedule: NameArgument, by: ByOption, reason: ReasonOption = "") -> None:
    """Let a paused schedule go on from its next time; what it missed is not caught up."""
    coordinator = opening.coordinator()
    if not coordinator.resume_schedule(schedule, by=by, reason=reason):
        output.say(f"schedule {schedule} was not paused")
        raise typer.Exit(Exit.FAILED)
    found = coordinator.schedule(schedule)
    when = _local(found.next_at, found.timezone)
    output.say(f"schedule {schedule} begins its next run at {when}")


@app.command()
def remove(schedule: NameArgument, by: ByOption, reason: ReasonOption = "") -> None:
    """Remove a schedule; the runs it began stay."""
    opening.coordinator().delete_schedule(schedule, by=by, reason=reason)
    output.say(f"schedule {schedule} is removed")


@app.command("next")
def next_times(
    schedule: NameArgument,
    count: Annotated[int, typer.Option(min=1, max=1000, help="So many.")] = 5,
    *,
    json: JsonOption = False,
) -> None:
    """Print the next times of a schedule, in its time zone."""
    coordinator = opening.coordinator()
    found = coordinator.schedule(schedule)
    times = coordinator.next_times(schedule, count)
    if found.paused_at:
        output.say(f"schedule {schedule} is paused, and begins no run until it is resumed")
    if json:
        output.show_json(times)
        return
    for time in times:
        output.show(_local(time, found.timezone))


@app.command()
def run(schedule: NameArgument, by: ByOption) -> None:
    """Begin a run of a schedule at once, beside its times, and print its id."""
    output.show(opening.coordinator().run_schedule_now(schedule, by=by).id)


def _document(schedule: "Schedule") -> dict[str, Any]:
    from dataclasses import asdict

    priority = schedule.priority
    return {**asdict(schedule), "priority": None if priority is None else priority.name.lower()}


def _times(schedule: "Schedule") -> str:
    from orchestrator.definition.durations import words

    if schedule.cron is not None:
        return f"{schedule.cron} {schedule.timezone}"
    return f"every {words(schedule.every or 0)}"


def _local(time: dt.datetime, zone: str) -> str:
    from orchestrator.definition.schedules import zone_of

    return time.astimezone(zone_of(zone)).strftime("%a %Y-%m-%d %H:%M:%S %z")


def _number_or_text(every: str | None) -> float | str | None:
    return float(every) if every is not None and every.isdecimal() else every
