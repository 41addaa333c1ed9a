"""`orchestrator db`: the ledger's tables."""

import typer

from orchestrator.cli import opening, output
from orchestrator.cli.config import redacted

app = typer.Typer(help="The ledger's tables.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keep one command a group: a lone command would take the group's place."""


@app.command()
def upgrade() -> None:
    """Bring the ledger's tables up to date; safe to run twice, also at once."""
    from orchestrator.ledger import migrate

    url = opening.settings().require_ledger().ledger_url
    migrate(url)
    output.say(f"the ledger is up to date: {redacted(url)}")
