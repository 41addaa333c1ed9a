"""Commands that an application brings to `orchestrator`, beside ours.

    # shop/commands.py, where `shop` is one of ORCHESTRATOR_PACKAGES
    till = typer.Typer(help="Open and close the till.")
    COMMANDS = {"till": till}

The module is imported by each command line that asks for help or for a command that is not ours,
so it imports little, and its commands the rest.
"""

import os
from importlib import import_module
from importlib.util import find_spec
from typing import Any

#: under which they are found in the help
PANEL = "Of this application"


def brought_commands() -> dict[str, Any]:
    """Return the commands of the application's packages by name; of two of one name, the first."""
    # Not from the settings: importing what reads those takes longer than all the help does.
    packages = os.environ.get("ORCHESTRATOR_PACKAGES", "tasks").split(",")
    found: dict[str, Any] = {}
    for package in packages:
        found = {**_commands_of(package.strip()), **found}
    return found


def _commands_of(package: str) -> dict[str, Any]:
    from typer.main import get_command

    name = f"{package}.commands"
    try:
        if find_spec(package) is None or find_spec(name) is None:
            return {}
    except (ImportError, ValueError):  # a parent is absent, or no package; a name like ".x"
        return {}
    brought = {}
    for own_name, application in getattr(import_module(name), "COMMANDS", {}).items():
        command: Any = get_command(application)
        command.name, command.rich_help_panel = own_name, PANEL
        brought[own_name] = command
    return brought
