"""A process of the installation, started again when it ends, as an init system does."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil

from orchestrator.local.process import spawn, stop
from tests.chaos.trap_file import TrapFile

#: How long an init system waits before it starts a service again.
RESTART_SECONDS = 0.3

ORCHESTRATOR = (sys.executable, "-m", "orchestrator")


class Service:
    """One command, its group of processes, and the traps that are set for them.

    Attributes:
        traps: those of all its processes.
        starts: how often it was started.
    """

    def __init__(self, name: str, argv: tuple[str, ...], folder: Path, env: dict[str, str]) -> None:
        self.name = name
        self.traps = TrapFile(folder / f"{name}.traps")
        self.log = folder / f"{name}.log"
        self.starts = 0
        self._argv = argv
        self._env = {**env, **self.traps.variable}
        self._ended_at: float | None = None
        self.process = self._start()

    @property
    def is_up(self) -> bool:
        return self.process.poll() is None

    def tend(self) -> None:
        """Start it again if it ended a while ago."""
        if self.is_up:
            return
        now = time.monotonic()
        if self._ended_at is None:
            self._ended_at = now
        elif now - self._ended_at > RESTART_SECONDS:
            self.process = self._start()

    def children(self) -> list[int]:
        """Return the processes that it forked."""
        with suppress(psutil.NoSuchProcess):
            return [child.pid for child in psutil.Process(self.process.pid).children()]
        return []

    def kill(self) -> list[int]:
        """End all of its processes as a power cut does; return which there were."""
        victims = [self.process.pid, *self.children()]
        self.signal(signal.SIGKILL)
        return victims

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to all of its processes."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)

    def end(self) -> None:
        """Stop it for good."""
        self.signal(signal.SIGCONT)
        stop(self.process, within=0.5)

    def _start(self) -> subprocess.Popen[bytes]:
        self.starts += 1
        self._ended_at = None
        return spawn(self._argv, log=self.log, env=self._env, death_signal=signal.SIGKILL)


def pool(domain: str, number: int, folder: Path, env: dict[str, str]) -> Service:
    """Return a node of a pool: a parent and two processes."""
    argv = (*ORCHESTRATOR, "worker", domain, "--concurrency", "2")
    return Service(f"{domain}-{number}", argv, folder, env)


def maintenance(number: int, folder: Path, env: dict[str, str]) -> Service:
    """Return one of the maintenances."""
    return Service(f"maintenance-{number}", (*ORCHESTRATOR, "maintenance"), folder, env)


def send(pid: int, number: signal.Signals) -> None:
    """Send a signal to a process, if it is still there."""
    with suppress(ProcessLookupError):
        os.kill(pid, number)
