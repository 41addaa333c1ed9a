"""Environments with pinned packages, for what would not go with ours; made when first asked for.

They lie in `.orchestrator/benchmarks`; who deletes that folder has them made anew.
"""

import hashlib
import shutil
import subprocess
import sys
import venv
from pathlib import Path

REQUIREMENTS = Path(__file__).parent / "requirements"
FOLDER = Path(".orchestrator") / "benchmarks"
#: Written last, so that an environment that was half made is made anew.
_STAMP = "installed"


class NotInstalled(Exception):
    """Something cannot be installed here; the message is the end of what pip said."""


def python_of(name: str) -> Path:
    """Return the Python that has the packages of `requirements/NAME.txt`.

    Raises:
        NotInstalled: they cannot be installed: there is no network, or not for this Python.
    """
    requirements = REQUIREMENTS / f"{name}.txt"
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    pinned = f"{version} {hashlib.sha256(requirements.read_bytes()).hexdigest()}"
    folder = FOLDER.resolve() / name
    python = folder / "bin" / "python"
    stamp = folder / _STAMP
    if stamp.is_file() and stamp.read_text() == pinned:
        return python
    sys.stderr.write(f"installing {name} into {folder.relative_to(Path.cwd())}\n")
    shutil.rmtree(folder, ignore_errors=True)
    try:
        venv.EnvBuilder(symlinks=True, with_pip=True).create(folder)
        command = [python, "-m", "pip", "install", "--quiet", "--requirement", requirements]
        subprocess.run(command, check=True, capture_output=True, text=True)
    except subprocess.CalledProcessError as error:
        said = str(error.stderr or error.output or error).strip().splitlines()
        raise NotInstalled(said[-1] if said else f"pip ended with {error.returncode}") from error
    stamp.write_text(pinned)
    return python
