"""`orchestrator db`: the ledger's tables."""

from typing import Annotated

import typer

from orchestrator.cli import opening, output
from orchestrator.cli.config import redacted

app = typer.Typer(help="The ledger's tables.", no_args_is_help=True)


@app.command()
def upgrade() -> None:
    """Bring the ledger's tables up to date; safe to run twice, also at once."""
    from orchestrator.ledger import migrate

    url = opening.settings().require_ledger().ledger_url
    migrate(url)
    output.say(f"the ledger is up to date: {redacted(url)}")


@app.command()
def prune(
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count; delete nothing.")] = False,
) -> None:
    """Delete ended runs older than ORCHESTRATOR_KEEP_SUCCEEDED and _FAILED; safe at any time."""
    from orchestrator.cli.who import caller
    from orchestrator.ledger import Ledger
    from orchestrator.ledger.upkeep import pruning

    settings = opening.settings().require_ledger()
    ledger = Ledger(settings.ledger_url)
    policy = pruning.Policy(settings.keep_succeeded, settings.keep_failed)
    if dry_run:
        output.say(f"{_count(pruning.count(ledger, policy), 'run')} would be deleted")
        return
    pruned = pruning.prune(ledger, policy, by=caller())
    definitions = _count(pruned.definitions, "unused definition")
    output.say(f"deleted {_count(pruned.runs, 'run')} and {definitions}")


def _count(number: int, noun: str) -> str:
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"
