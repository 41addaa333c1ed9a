"""A user's project in a folder: files, an embedded stack, commands."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.waiting import eventually


class Project:
    """A folder from which `orchestrator` is run, by the Python that is given."""

    def __init__(self, folder: Path, python: Path = Path(sys.executable)) -> None:
        self.folder = folder
        self.python = python

    def write(self, files: Mapping[str, str]) -> "Project":
        """Write files by their paths in the folder."""
        for path, text in files.items():
            file = self.folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        return self

    def output(self, *arguments: str) -> str:
        """Return what a command of this Python prints; it must succeed."""
        ended = subprocess.run(
            [str(self.python), *arguments],
            cwd=self.folder,
            env=_environment(),
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout

    @contextmanager
    def up(self) -> Iterator[None]:
        """Have the embedded stack up, one process a pool, and leave nothing behind."""
        log = self.folder / "up.log"
        command = [str(self.python), "-m", "orchestrator", "up", "--concurrency", "1"]
        with log.open("wb") as output:
            stack = subprocess.Popen(
                [*command, "--no-flower"],
                cwd=self.folder,
                env=_environment(),
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            eventually(lambda: _is_up(self.folder, stack, log), within=90, every=0.1)
            yield
        finally:
            stack.send_signal(signal.SIGTERM)
            stack.wait(30)


def _is_up(folder: Path, stack: subprocess.Popen[bytes], log: Path) -> bool:
    assert stack.poll() is None or not log.stat().st_size, log.read_text()
    return (folder / ".orchestrator" / "stack.json").exists()


def _environment() -> dict[str, str]:
    """Return the environment of a user who has set nothing of ours."""
    ours = ("ORCHESTRATOR_", "ERP_", "PYTHONPATH")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}
