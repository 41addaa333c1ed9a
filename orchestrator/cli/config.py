"""`orchestrator config`: the settings that hold here, and where each comes from."""

import os
import re
from typing import TYPE_CHECKING, Any

import typer

from orchestrator.cli import opening, output
from orchestrator.cli.output import JsonOption

if TYPE_CHECKING:
    from orchestrator.settings import Settings

app = typer.Typer(help="The settings that hold here.", no_args_is_help=True)

#: `:secret@` of an address, and `password=secret` among its parameters
_SECRETS = re.compile(r"(?<=:)[^:@/]+(?=@)|(?<=password=)[^&]+|(?<=passfile=)[^&]+", re.IGNORECASE)


@app.callback()
def _group() -> None:
    """Keep one command a group: a lone command would take the group's place."""


@app.command()
def show(*, json: JsonOption = False) -> None:
    """Show the settings that hold here and where each comes from; passwords are left out."""
    settings = opening.settings()
    found = [
        {
            "name": f"ORCHESTRATOR_{name.upper()}",
            "value": _shown(getattr(settings, name)),
            "origin": _origin(settings, name),
        }
        for name in type(settings).model_fields
    ]
    if json:
        output.show_json(found)
        return
    output.show_table(
        ("SETTING", "VALUE", "ORIGIN"), (tuple(line.values()) for line in found), empty=""
    )


def redacted(address: str) -> str:
    """Return an address without its passwords.

    >>> redacted("redis://:secret@broker:6379/0")
    'redis://:***@broker:6379/0'
    """
    return _SECRETS.sub("***", address)


def _shown(value: Any) -> Any:
    if isinstance(value, tuple):
        return ",".join(value)
    if isinstance(value, int | float | None):
        return value
    return redacted(str(value))


def _origin(settings: "Settings", name: str) -> str:
    if f"ORCHESTRATOR_{name.upper()}" in os.environ:
        return "environment"
    return "embedded stack" if name in settings.model_fields_set else "default"
