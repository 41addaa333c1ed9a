"""Who asks for something and why, as the event log keeps it."""

import getpass
import socket
from typing import Annotated

import typer


def caller() -> str:
    """Return who sits at this terminal, `user@host`."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # in a container the user's number may have no name
        user = "unknown"
    return f"{user}@{socket.gethostname()}"


ByOption = Annotated[
    str, typer.Option(metavar="WHO", default_factory=caller, help="Who asks; user@host by itself.")
]
ReasonOption = Annotated[str, typer.Option(help="Why, for who looks later.")]
