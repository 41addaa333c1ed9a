"""What a demonstration prints at its end: tables, a picture, what failed, what to do next."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestrator.cli import invocation, output, watching
from orchestrator.demo import Demo, Table
from orchestrator.states import StepState

if TYPE_CHECKING:
    from orchestrator.cli.samples import Samples
    from orchestrator.ledger.views import Run

#: so much of the traceback of a failed step
_TRACEBACK_LINES = 12


def show(samples: "Samples", brought: Demo) -> None:
    """Print what came of the samples; one run as a picture, and every one that failed."""
    for table in brought.report(samples.ended()):
        output.show("")
        output.show_drawing(_drawn(table))
    output.show("\nOne of the runs")
    output.show_drawing(watching.draw(samples.coordinator, samples.busiest))
    _show_permits(samples)
    for run in samples.failed:
        output.show("\nNot as it should be")
        output.show_drawing(watching.draw(samples.coordinator, run))
        _show_tracebacks(samples, run)
    if samples.old:
        which = "All" if len(samples.old) == len(samples.runs) else f"{len(samples.old)} of the"
        output.say(
            f"\n{which} {len(samples.runs)} runs were made by an earlier demo: the same key gives "
            "the same run, so nothing was made twice (another --home begins anew)"
        )


def what_next(
    samples: "Samples", home: Path | None, *, name: str | None = None, flower_port: int | None
) -> str:
    """Return commands that work from here, and why one would."""
    workflow = samples.first.workflow if samples.first else "WORKFLOW"
    if flower_port is None:
        steps = [
            ("what happened in it", f"runs show {samples.busiest.id} --events"),
            (
                "the same, left running, with Flower",
                f"demo {name} --keep" if name else "demo --keep",
            ),
            ("the workflow as a graph", f"workflows graph {workflow}"),
            ("its chains and chords", f"plan {workflow}"),
            ("the tests", "test"),
        ]
    else:
        steps = [
            ("all runs", "runs list"),
            ("one of them", f"runs show {samples.busiest.id}"),
            ("who works", "workers"),
            ("what waits", "queues"),
        ]
        if samples.first and samples.first.file:
            file = shlex.quote(str(_relative(samples.first.file)))
            steps.append(("one more run", f"run {workflow} --input {file} --watch"))
    lines = [(f"{why}:", invocation.command(arguments, home)) for why, arguments in steps]
    if flower_port is not None:
        since = "  (it knows what ran since it was started)" if samples.old else ""
        lines.insert(0, ("Flower:", f"http://127.0.0.1:{flower_port}/tasks{since}"))
    width = max(len(why) for why, _ in lines)
    text = "\n".join(f"  {why:{width}}  {command}" for why, command in lines)
    return f"\nWhat next\n{text}" + ("\n  stop it with Ctrl-C" if flower_port else "")


def _show_permits(samples: "Samples") -> None:
    """Print a step that waited for a permit, and what the event log says of all of them."""
    audited = samples.coordinator.audit([run.id for run in samples.runs])
    if not audited:
        return
    output.show("\nPermits, by the event log")
    rows = (
        (one.resource, one.capacity, one.most, one.attempts, "kept" if one.is_kept else "PASSED")
        for one in audited
    )
    columns = ("RESOURCE", ">CAPACITY", ">MOST AT ONCE", ">STEPS", "CAPACITY WAS")
    output.show_table(columns, rows, empty="")
    if samples.waited is not None:
        run, reason = samples.waited
        output.show(f"One that waited: step {reason.step!r} of run {run.id} {reason.sentence}")


def _drawn(table: Table) -> Any:
    from rich.console import Group
    from rich.text import Text

    title = Text(table.title, style="bold")
    if not table.rows:
        return Group(title, Text("none", style="dim"))
    return Group(
        title, output.table(table.columns, [[Text(cell) for cell in row] for row in table.rows])
    )


def _show_tracebacks(samples: "Samples", run: "Run") -> None:
    for step in samples.coordinator.steps(run.id):
        if step.state is StepState.FAILED and step.error:
            lines = step.error.get("traceback", "").rstrip().splitlines()[-_TRACEBACK_LINES:]
            output.say("\n".join((f"\n{step.name} failed:", *lines)))


def _relative(file: Path) -> Path:
    here = Path.cwd()
    return file.relative_to(here) if file.is_relative_to(here) else file
