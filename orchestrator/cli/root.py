"""All commands, under their names."""

import os
from typing import Annotated

import typer

from orchestrator import __version__, failpoints
from orchestrator.cli import (
    agent,
    bench,
    changing,
    config,
    database,
    demo,
    each,
    flower,
    holding,
    inbox,
    maintenance,
    plan,
    pools,
    resources,
    run,
    runs,
    schedules,
    sessions,
    tasks,
    test,
    up,
    verifying,
    webhooks,
    why,
    worker,
    workflows,
)
from orchestrator.cli.exits import LEGEND, Commands

app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # a bug shows Python's own traceback, in full
    epilog=LEGEND,
    help="Run business workflows on Celery: any DAG, a pool of workers for each domain.",
)

_BEGIN = "Begin"
_ANSWER = "Answer"
_LOOK = "Look"
_SERVE = "Serve"

app.command(rich_help_panel=_BEGIN)(demo.demo)
app.command(rich_help_panel=_BEGIN)(up.up)
app.command(rich_help_panel=_BEGIN)(run.run)
app.add_typer(schedules.app, name="schedules", rich_help_panel=_BEGIN)
app.add_typer(sessions.app, name="sessions", rich_help_panel=_BEGIN)
app.command(rich_help_panel=_BEGIN, context_settings=test.PASSED_ON)(test.test)
app.command(rich_help_panel=_BEGIN, context_settings=test.PASSED_ON)(bench.bench)
app.command(rich_help_panel=_ANSWER)(inbox.inbox)
app.command(rich_help_panel=_ANSWER)(inbox.answer)
app.command(rich_help_panel=_ANSWER)(inbox.signal)
app.add_typer(agent.app, name="agent", rich_help_panel=_ANSWER)
runs.app.command()(verifying.verify)
for verb in changing.VERBS:
    runs.app.command()(verb)
runs.app.command()(each.each)
runs.app.command()(each.errors)
workflows.app.command("pause")(holding.pause_workflow)
workflows.app.command("resume")(holding.resume_workflow)
app.add_typer(runs.app, name="runs", rich_help_panel=_LOOK)
app.add_typer(tasks.app, name="tasks", rich_help_panel=_LOOK)
app.add_typer(workflows.app, name="workflows", rich_help_panel=_LOOK)
app.command(rich_help_panel=_LOOK)(plan.plan)
app.command(rich_help_panel=_LOOK)(why.why)
app.command(rich_help_panel=_LOOK)(pools.queues)
app.command(rich_help_panel=_LOOK)(pools.workers)
app.command(rich_help_panel=_LOOK)(holding.paused)
app.add_typer(holding.pools, name="pools", rich_help_panel=_SERVE)
app.add_typer(resources.app, name="resources", rich_help_panel=_SERVE)
app.add_typer(config.app, name="config", rich_help_panel=_LOOK)
app.command(rich_help_panel=_SERVE)(worker.worker)
app.command(rich_help_panel=_SERVE)(maintenance.maintenance)
app.command(rich_help_panel=_SERVE)(flower.flower)
app.add_typer(database.app, name="db", rich_help_panel=_SERVE)
app.add_typer(webhooks.app, name="webhooks", rich_help_panel=_SERVE)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"orchestrator {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", help="Print the version.", callback=_show_version, is_eager=True),
    ] = False,
) -> None:
    """Keep typer from taking a lone command for the whole; break it where a test asks to."""
    del version
    failpoints.arm_from(os.environ)
