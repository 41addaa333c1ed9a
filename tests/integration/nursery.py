"""Where pools of the toy tasks are forked from: one process that has imported all they need.

A pool that is started as a command first imports for two seconds of a processor, and the
suite starts some 200 of them. What is forked here is as real: a process group of its own
with an environment and a log of its own, in which Celery's worker forks its children.

    nursery().start(environment, log, concurrency=2).wait()
"""

import atexit
import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


class Nursling:
    """A forked pool; what a test does with it, it would do with a `subprocess.Popen`."""

    def __init__(self, nursery: "Nursery", pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._nursery = nursery

    def poll(self) -> int | None:
        if self.returncode is None:
            self.returncode = self._nursery.ask(ended=self.pid)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        deadline = None if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and left <= 0:
                raise subprocess.TimeoutExpired(["pool", str(self.pid)], timeout or 0)
            self._until_ended(left)
        return code

    def send_signal(self, number: signal.Signals) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _until_ended(self, seconds: float | None) -> None:
        # Until it is asked for, its number is not given to another process.
        descriptor = os.pidfd_open(self.pid)
        try:
            select.select([descriptor], [], [], seconds)
        finally:
            os.close(descriptor)


class Nursery:
    """The process that forks, and the questions put to it, one at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.integration.nursery_process"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            process_group=0,
        )

    def start(self, environment: dict[str, str], log: Path, *, concurrency: int) -> Nursling:
        """Fork a pool."""
        log.parent.mkdir(parents=True, exist_ok=True)
        asked = {"environment": environment, "log": str(log), "concurrency": concurrency}
        return Nursling(self, self.ask(start=asked))

    def ask(self, **question: Any) -> Any:
        with self._lock:
            assert self._process.stdin
            assert self._process.stdout
            self._process.stdin.write(json.dumps(question).encode() + b"\n")
            self._process.stdin.flush()
            answer = self._process.stdout.readline()
        assert answer, "the nursery of the test pools has ended"
        return json.loads(answer)

    def close(self) -> None:
        """End it; what it forked has ended already, or gets a signal."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


@cache
def nursery() -> Nursery:
    """Return the nursery of this test run, started when it is first needed."""
    started = Nursery()
    atexit.register(started.close)
    return started
