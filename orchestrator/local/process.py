"""A child process that never outlives us, whatever ends us.

Each child leads its own process group, so Ctrl-C in the terminal reaches only the
stack, which then stops its children in order, and a child's own children are
killed with it.
"""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

_PR_SET_PDEATHSIG = 1


def spawn(
    argv: Sequence[str | Path],
    *,
    log: Path,
    env: Mapping[str, str] | None = None,
    keep_open: Sequence[int] = (),
    death_signal: signal.Signals = signal.SIGTERM,
) -> subprocess.Popen[bytes]:
    """Start a child whose output is appended to `log`.

    Args:
        argv: the command.
        log: file for stdout and stderr.
        env: the child's environment; ours when absent.
        keep_open: file descriptors the child inherits.
        death_signal: what Linux sends the child when the *thread* that started it ends,
            so start children from a thread that lives as long as they should.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        return subprocess.Popen(  # noqa: S603 (the command is ours, no shell reads it)
            [str(part) for part in argv],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=env,
            pass_fds=tuple(keep_open),
            process_group=0,
            preexec_fn=die_with_parent(death_signal),  # noqa: PLW1509 (see there)
        )


def die_with_parent(death_signal: signal.Signals) -> Callable[[], None] | None:
    """Return what a child calls between fork and exec, so that it dies with us.

    Everything is looked up here, in the parent: between the fork of a process with
    threads and the exec, only plain system calls are safe. Systems other than Linux
    have no such call; there only an orderly stop ends the children.
    """
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl
    parent, number = os.getpid(), int(death_signal)

    def between_fork_and_exec() -> None:
        prctl(_PR_SET_PDEATHSIG, number)
        if os.getppid() != parent:  # died before the call above: nobody will tell us any more
            os._exit(1)

    return between_fork_and_exec


def stop(*children: subprocess.Popen[bytes], within: float) -> None:
    """End the children: ask all, wait `within` seconds together, then kill their groups."""
    deadline = time.monotonic() + within
    for child in children:
        child.terminate()
    for child in children:
        with suppress(subprocess.TimeoutExpired):
            child.wait(timeout=max(0.0, deadline - time.monotonic()))
        # Also after an orderly exit: the group outlives its leader while a grandchild runs.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def tail(log: Path, lines: int = 15) -> str:
    """Return the last lines of a log, to show why its process ended."""
    if not log.is_file():
        return ""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
