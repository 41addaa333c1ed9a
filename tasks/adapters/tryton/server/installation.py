"""Tryton, installed: a Python environment with nothing of ours in it, made once.

Its folder is named after what it is made from, so another version of the requirements is another
environment, and a running server keeps the one it was started from.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable, Iterator
from pathlib import Path

from orchestrator.errors import ConfigurationError, Unavailable
from orchestrator.local.process import tail

REQUIREMENTS = Path(__file__).with_name("requirements.txt")
#: there when the installation came to its end
_STAMP = "installed"


class Installation:
    """An environment with Tryton's server in it.

    Args:
        cache: the folder that holds all such environments.
    """

    def __init__(self, cache: Path) -> None:
        made_from = f"{sys.version_info[:2]} {REQUIREMENTS.read_text()}"
        self.digest = hashlib.sha256(made_from.encode()).hexdigest()[:12]
        self.folder = cache / f"venv-{self.digest}"
        self.log = cache / "install.log"

    @property
    def is_made(self) -> bool:
        """Whether it is there, whole."""
        return (self.folder / _STAMP).is_file()

    @property
    def packages(self) -> Iterator[Path]:
        """Where its packages lie."""
        return self.folder.glob("lib/python3*/site-packages")

    def program(self, name: str) -> Path:
        """Return one of its programs, such as `trytond`."""
        return self.folder / "bin" / name

    def provide(self, tell: Callable[[str], None]) -> None:
        """Install what is not installed yet.

        Raises:
            ConfigurationError: there is no pip.
            Unavailable: pip failed; the message has the end of its log.
        """
        if self.is_made:
            return
        tell("installing Tryton into an environment of its own; this takes less than a minute")
        shutil.rmtree(self.folder, ignore_errors=True)  # of an installation that was cut off
        venv.EnvBuilder(symlinks=True, with_pip=False).create(self.folder)
        self.pip("install", "--requirement", str(REQUIREMENTS))
        (self.folder / _STAMP).touch()

    def pip(self, *arguments: str) -> None:
        """Run a pip on it.

        Raises:
            ConfigurationError: there is no pip.
            Unavailable: pip failed; the message has the end of its log.
        """
        python = str(self.program("python"))
        command = [*_pip(), "--python", python, *arguments, "--quiet"]
        with self.log.open("wb") as output:
            ended = subprocess.run(  # noqa: S603 (our own command)
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, "PIP_USER": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
                check=False,
            )
        if ended.returncode:
            raise Unavailable(
                "pip could not install Tryton; it needs a network, or a package index named by "
                f"PIP_INDEX_URL. The end of {str(self.log)!r}:\n{tail(self.log)}"
            )


def _pip() -> list[str]:
    """Return the command of a pip: our environment's, or that of the Python it was made from."""
    # Neither the clone's own environment nor Debian's Python can be counted on to have one.
    for python in (Path(sys.executable), Path(sys.base_prefix) / "bin" / "python3"):
        command = [str(python), "-m", "pip"]
        asked = subprocess.run([*command, "--version"], capture_output=True, check=False)  # noqa: S603 (our own command)
        if asked.returncode == 0:
            return command
    raise ConfigurationError(
        f"neither {sys.executable} nor the Python it was made from has pip, which installs Tryton: "
        "install it, on Debian and Ubuntu with `apt install python3-pip`"
    )


def modules() -> list[str]:
    """Return the names of the modules that are activated: those that are installed."""
    lines = REQUIREMENTS.read_text().splitlines()
    names = (line.partition("==")[0] for line in lines)
    return [name.removeprefix("trytond_") for name in names if name.startswith("trytond_")]
