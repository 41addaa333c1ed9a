"""The clone's own environment: made once, repaired when interrupted, never another's.

`.venv` is used when it is absent or ours. One that somebody else made (uv, or you)
is left alone, and `.orchestrator/venv` is used instead. Ours is told by the file in
it that says what was installed; the file is there, empty, from the first moment on,
so an environment that was interrupted is known for ours and made again.

Standard library only: this runs before anything is installed.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
import venv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from importlib import metadata
from pathlib import Path

STAMP = "orchestrator-installed"
#: "test" has what "offers" has, and more
EXTRAS = ("offers", "test")
#: since this version pip installs into an environment that has none of its own
FIRST_PIP_FOR_OTHERS = (22, 3)


class SetupFailed(Exception):
    """The environment cannot be made; the message says why and what to do."""


class Environment:
    """A virtual environment in a clone."""

    def __init__(self, clone: Path, folder: Path) -> None:
        self.clone = clone
        self.folder = folder
        self.python = folder / "bin" / "python"
        self.log = clone / ".orchestrator" / "install.log"
        self._stamp = folder / STAMP

    @classmethod
    def of(cls, clone: Path) -> "Environment":
        """Return the clone's environment, which may not exist yet."""
        folder = clone / ".venv"
        # One look: another start may be making it just now, and the first thing in it is the
        # stamp, for a moment under its new name.
        names = [entry.name for entry in folder.iterdir()] if folder.exists() else []
        ours = not names or any(name.startswith(STAMP) for name in names)
        return cls(clone, folder if ours else clone / ".orchestrator" / "venv")

    def provide(self, extra: str) -> bool:
        """Install what is not installed yet; return whether there was something to do.

        Raises:
            SetupFailed: there is no pip, or pip failed.
            OSError: the clone cannot be written to.
        """
        others = partial(_say, "waiting for another start that is installing")
        with one_at_a_time(self.clone / ".orchestrator" / "install.lock", others):
            if self._is_made() and self._has(extra):
                return False
            if not self._is_made():
                self._make()
            self._install(extra)
            return True

    def _is_made(self) -> bool:
        return self.python.exists() and self._installed()[:1] == [self._inputs()]

    def _has(self, extra: str) -> bool:
        return self._installed()[1:] in [[other] for other in EXTRAS[EXTRAS.index(extra) :]]

    def _installed(self) -> list[str]:
        return self._stamp.read_text().split() if self._stamp.is_file() else []

    def _inputs(self) -> str:
        """What the environment is made from; when it changes, it is made anew."""
        parts = [self.clone / "pyproject.toml", self.clone / "deploy" / "constraints.txt"]
        digest = hashlib.sha256(f"{sys.version_info[:2]} {self.clone}".encode())
        for part in parts:
            digest.update(part.read_bytes())
        return digest.hexdigest()

    def _make(self) -> None:
        _say(f"making an environment in {self.folder.relative_to(self.clone)}")
        self.folder.mkdir(parents=True, exist_ok=True)
        self._mark("")
        for entry in self.folder.iterdir():
            if entry != self._stamp:
                _remove(entry)
        # Without pip: ours installs into it (`pip --python`), and putting another
        # one there takes longer than all the rest of making it.
        venv.EnvBuilder(symlinks=True, with_pip=False).create(self.folder)

    def _install(self, extra: str) -> None:
        _say("installing the pinned dependencies, once; this takes less than a minute")
        started = time.monotonic()
        self._mark("")
        self.log.parent.mkdir(exist_ok=True)
        with self.log.open("wb") as output:
            # From the clone and by relative paths: a comma or a bracket in the path of
            # the clone would mean something to pip.
            command = [*self._pip(), "install", "--quiet", "--no-compile", "--retries", "2"]
            command += ["--constraint", "deploy/constraints.txt", "--editable", f".[{extra}]"]
            ended = subprocess.run(  # noqa: S603 (our own command)
                command,
                cwd=self.clone,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, "PIP_USER": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
                check=False,
            )
        if ended.returncode:
            raise SetupFailed(self._why_pip_failed())
        self._mark(f"{self._inputs()} {extra}")
        _say(f"installed in {time.monotonic() - started:.0f} s")

    def _pip(self) -> list[str]:
        """Return the command of a pip that installs into this environment."""
        if _pip_here() >= FIRST_PIP_FOR_OTHERS:
            return [sys.executable, "-m", "pip", "--python", str(self.python)]
        try:
            # Debian takes the wheels out of ensurepip and leaves the package, so a
            # plain `import ensurepip` succeeds where it cannot work.
            from ensurepip import version  # noqa: F401, PLC0415 (tried here, not used)
        except ImportError:
            raise SetupFailed(
                f"{sys.executable} has neither pip nor ensurepip: install one of them, on Debian "
                "and Ubuntu with `apt install python3-pip`"
            ) from None
        ensure = [str(self.python), "-m", "ensurepip"]
        subprocess.run(ensure, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 (our own command)
        return [str(self.python), "-m", "pip"]

    def _why_pip_failed(self) -> str:
        end = "\n".join(self.log.read_text(errors="replace").splitlines()[-12:])
        return (
            "pip could not install the dependencies; it needs a network, or a package index "
            f"named by PIP_INDEX_URL. The end of {str(self.log)!r}:\n{end}"
        )

    def _mark(self, text: str) -> None:
        new = self._stamp.with_suffix(".new")
        new.write_text(text)
        new.replace(self._stamp)


@contextmanager
def one_at_a_time(path: Path, tell: Callable[[], None]) -> Iterator[None]:
    """Let one process at a time into the block; the others wait and find made what it makes.

    Args:
        path: of the file that is locked.
        tell: is called when somebody else is in it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            tell()
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _pip_here() -> tuple[int, int]:
    try:
        major, minor = metadata.version("pip").split(".")[:2]
    except metadata.PackageNotFoundError:
        return (0, 0)
    return (int(major), int(minor))


def _remove(entry: Path) -> None:
    if entry.is_dir() and not entry.is_symlink():
        shutil.rmtree(entry)
    else:
        entry.unlink()


def _say(what: str) -> None:
    sys.stderr.write(f"orchestrator: {what}\n")
    sys.stderr.flush()
