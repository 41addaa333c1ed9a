"""`orchestrator runs verify`: whether runs are what their events say."""

from typing import Annotated

import typer

from orchestrator.cli import opening, output
from orchestrator.cli.exits import Exit
from orchestrator.cli.output import JsonOption


def verify(
    run: Annotated[
        str | None, typer.Argument(metavar="RUN", help="A run's id, or enough of its beginning.")
    ] = None,
    *,
    all_runs: Annotated[bool, typer.Option("--all", help="Every run of the ledger.")] = False,
    json: JsonOption = False,
) -> None:
    """Rebuild runs from their events, and say where the ledger differs.

    The exit code is 1 where it does.
    """
    from orchestrator.ledger.definitions import Plans
    from orchestrator.ledger.log import verification

    if (run is not None) == all_runs:
        raise typer.BadParameter("name one run, or say --all")
    coordinator = opening.coordinator()
    plans = Plans(coordinator.ledger)
    if run is None:
        found = dict(verification.verify_all(coordinator.ledger, plans))
    else:
        run_id = coordinator.find(run)
        found = {run_id: verification.verify(coordinator.ledger, run_id, plans)}
    differences = {run_id: difference for run_id, difference in found.items() if difference}
    if json:
        output.show_json({"runs": len(found), "differences": differences})
    else:
        for difference in differences.values():
            output.show(difference)
        output.say(
            f"{len(found) - len(differences)} of {len(found)} runs are what their events say"
        )
    if differences:
        raise typer.Exit(Exit.FAILED)
