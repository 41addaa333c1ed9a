"""How the user called us, so that the commands we suggest can be copied."""

import os
import shlex
import sys
from pathlib import Path


def command(arguments: str, home: Path | None = None) -> str:
    """Return a command line that works where this one did.

    Args:
        arguments: what follows the program.
        home: the folder that `--home` named; other commands learn it from their environment.
    """
    place = "" if home is None else f"ORCHESTRATOR_HOME={shlex.quote(str(home))} "
    return f"{place}{_program()} {arguments}"


def _program() -> str:
    if Path(sys.argv[0]).name == "__main__.py":
        return "python3 -m orchestrator"
    if "UV_RUN_RECURSION_DEPTH" in os.environ:
        return "uv run orchestrator"
    return "orchestrator"
