"""The producer: a process that submits runs, and is replaced when it is killed in the middle."""

import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from orchestrator.local.process import die_with_parent
from tests.chaos.trap_file import TrapFile


@dataclass
class Asked:
    """What is to be submitted, and the run that it became."""

    message: dict[str, Any]
    at: float
    run_id: str | None = None


@dataclass
class Producer:
    """Hands submissions to a producing process, one after the other."""

    folder: Path
    env: Mapping[str, str]
    asked: dict[str, Asked] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.traps = TrapFile(self.folder / "producer.traps")
        self.starts = 0
        self._said = b""
        self._start()

    @property
    def waiting(self) -> list[Asked]:
        """What was not answered yet."""
        return [asked for asked in self.asked.values() if asked.run_id is None]

    def ask(self, workflow: str | dict[str, Any], run_input: object = None) -> str:
        """Have a run submitted, and return its key."""
        key = f"key-{len(self.asked)}"
        message = {"key": key, "workflow": workflow, "input": run_input}
        self.asked[key] = Asked(message, time.time())
        self._send(message)
        return key

    def tend(self) -> None:
        """Read what was answered; when the process was killed, let another go on."""
        if self._listener.select(timeout=0):
            heard = os.read(self._output, 65536)
            self._said += heard
            *lines, self._said = self._said.split(b"\n")
            for line in lines:
                key, run_id = line.decode().split(" ")
                self.asked[key].run_id = run_id
        if self.process.poll() is not None:
            self.close()
            self._start()
            for asked in self.waiting:
                self._send(asked.message)

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self._listener.close()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()

    def _start(self) -> None:
        self.starts += 1
        self._said = b""
        with (self.folder / "producer.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.chaos.producing"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env={**self.env, **self.traps.variable},
                bufsize=0,
                preexec_fn=die_with_parent(signal.SIGKILL),  # noqa: PLW1509 (see there)
            )
        assert self.process.stdout is not None
        self._output = self.process.stdout.fileno()
        self._listener = selectors.DefaultSelector()
        self._listener.register(self._output, selectors.EVENT_READ)

    def _send(self, message: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(json.dumps(message).encode() + b"\n")
        except BrokenPipeError:
            return  # it was killed just now: `tend` hands it to the next one
