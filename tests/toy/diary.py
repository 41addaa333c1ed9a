"""The log of the toy tasks: one line for the start and one for the end of a call."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from orchestrator.declare import Attempt

#: Names the file; processes append to it, and a line is short enough to be written whole.
VARIABLE = "TOY_DIARY"


@dataclass(frozen=True)
class Entry:
    """One line: `run step attempt event time pid`."""

    run_id: str
    step: str
    attempt: int
    event: str
    at: float
    pid: int


def write(attempt: Attempt, event: str) -> None:
    """Append a line."""
    line = f"{attempt.run_id} {attempt.step} {attempt.number} {event} {time.time()} {os.getpid()}\n"
    file = os.open(os.environ[VARIABLE], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(file, line.encode())
    finally:
        os.close(file)


@contextmanager
def noted(attempt: Attempt) -> Iterator[None]:
    """Note the start, and the end unless the call raises."""
    write(attempt, "start")
    yield
    write(attempt, "end")


def read(file: Path, run_id: str) -> list[Entry]:
    """Return the entries of a run, in the order they were written."""
    if not file.exists():
        return []
    lines = (line.split(" ") for line in file.read_text().splitlines())
    return [
        Entry(run, step, int(number), event, float(at), int(pid))
        for run, step, number, event, at, pid in lines
        if run == run_id
    ]
