"""What every driver does: for each line that asks for work, do it and answer with its seconds.

    {"shape": "fan", "size": 1000}  →  {"seconds": 1.93}

A driver runs in an environment of its own, so it imports nothing of ours but this file. What
a rival prints goes to its log: standard output carries the answers alone.
"""

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

_PR_SET_PDEATHSIG = 1


def start(
    command: Sequence[str | Path], *, is_heard: bool = False, is_killed: bool = False
) -> subprocess.Popen[bytes]:
    """Start a process of a rival, which on Linux ends with us, whatever ends us.

    Args:
        is_heard: its output is for the caller, and not for the log.
        is_killed: it ends at once, and is not asked to. When we end while our group stands
            still, the system hangs up on the group, at which a Celery pool starts anew.
    """
    last = signal.SIGKILL if is_killed else signal.SIGTERM
    prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None

    def end_with_parent() -> None:
        if prctl:
            prctl(_PR_SET_PDEATHSIG, last)

    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE if is_heard else sys.stderr,
        preexec_fn=end_with_parent,  # noqa: PLW1509 (a system call that was looked up before)
    )


def wait_for(url: str, parts: Sequence[subprocess.Popen[bytes]], *, within: float) -> None:
    """Wait until a rival's server answers.

    Args:
        parts: processes that it does not come without.
        within: seconds.

    Raises:
        OSError: it does not answer.
        RuntimeError: a part has ended.
    """
    deadline = time.monotonic() + within
    while True:
        try:
            urllib.request.urlopen(url).close()  # noqa: S310 (the rival's own server)
        except OSError:
            if time.monotonic() > deadline:
                raise
            check(parts)
            time.sleep(0.2)
        else:
            return


def check(parts: Sequence[subprocess.Popen[bytes]]) -> None:
    """Give up when a part of a rival has ended, as the others would wait for it.

    Raises:
        RuntimeError: one has.
    """
    for part in parts:
        if part.poll() is not None:
            raise RuntimeError(f"{part.args} ended with {part.returncode}")


def answer(shapes: Mapping[str, Callable[[int], None]]) -> None:
    """Say that all is ready, and do what is asked for until nobody asks any more.

    Args:
        shapes: `fan` of a width with a step before and one after it, `chain` of a length,
            `runs` of ten steps in a row, as many at once; each returns when all is done.
    """
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    answers.write("{}\n")
    for line in sys.stdin:
        asked = json.loads(line)
        begun = time.perf_counter()
        shapes[asked["shape"]](asked["size"])
        answers.write(json.dumps({"seconds": time.perf_counter() - begun}) + "\n")
