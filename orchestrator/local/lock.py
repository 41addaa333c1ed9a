"""One owner per home folder, for as long as any process of that owner lives."""

import fcntl
import os
import time
from pathlib import Path
from typing import Self

from orchestrator.errors import ConfigurationError

LOCK_FILE = "broker.lock"


class HomeLock:
    """A lock that the kernel gives back when its last holder ends.

    The lock belongs to the open file, not to a process: a child that inherits the
    descriptor holds it too. So a home whose stack was killed stays taken until its
    server has written its data and gone.
    """

    def __init__(self, home: Path, *, within: float = 5.0) -> None:
        self.path = home / LOCK_FILE
        self._within = within
        self._file = -1

    def acquire(self) -> Self:
        """Take the home, waiting for the remains of an owner that is already dead.

        Raises:
            ConfigurationError: another living process owns it.
        """
        self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        deadline = time.monotonic() + self._within
        while not self._locked():
            owner = self._owner()
            if time.monotonic() > deadline or (owner and _lives(owner)):
                os.close(self._file)
                raise ConfigurationError(
                    f"an embedded stack already runs in {str(self.path.parent)!r} as process "
                    f"{owner or 'unknown'}: stop that one, or choose another folder with "
                    "ORCHESTRATOR_HOME"
                )
            time.sleep(0.05)
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, str(os.getpid()).encode(), 0)
        return self

    def fileno(self) -> int:
        """Return the descriptor a child inherits to hold the lock with us."""
        return self._file

    def release(self) -> None:
        """Give the home back; the file stays, for a new one could be locked by a third."""
        os.close(self._file)

    def _locked(self) -> bool:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _owner(self) -> int:
        text = os.pread(self._file, 32, 0).decode()
        return int(text) if text.isdigit() else 0


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
