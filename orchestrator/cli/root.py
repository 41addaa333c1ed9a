"""All commands, under their names."""

from typing import Annotated

import typer

from orchestrator import __version__
from orchestrator.cli import database, flower, maintenance, run, runs, worker
from orchestrator.cli.exits import LEGEND, Commands

app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # a bug shows Python's own traceback, in full
    epilog=LEGEND,
    help="Run business workflows on Celery: any DAG, a pool of workers for each domain.",
)

app.command()(run.run)
app.add_typer(runs.app, name="runs")
app.command()(worker.worker)
app.command()(maintenance.maintenance)
app.command()(flower.flower)
app.add_typer(database.app, name="db")


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
    """Keep typer from taking a lone command for the whole."""
    del version
