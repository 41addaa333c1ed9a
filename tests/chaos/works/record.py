"""What steps say they did: the truth that a ledger is held against.

    steps/RUN           a line for the start and the end of each call, in the order of time
    effects/RUN:STEP    what a step made in the world outside, found again by its key
    making              what is not there yet

A line is appended in one write, and a file gets its name when it is written, so whoever is
killed leaves a whole one or none. It lies on another disk than the ledger, and no line of
the network leads to it.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from orchestrator.declare import Attempt

#: Names the folder.
VARIABLE = "CHAOS_RECORD"


@dataclass(frozen=True)
class Line:
    """One line: `step attempt event time pid`."""

    step: str
    attempt: int
    event: str
    at: float
    pid: int


@contextmanager
def noted(attempt: Attempt) -> Iterator[None]:
    """Note the start of a call, and its end unless it raises."""
    _append(attempt, "start")
    yield
    _append(attempt, "end")


def make_effect(attempt: Attempt) -> None:
    """Make the step's effect unless an earlier attempt did, as an adapter that has a key does."""
    made = Path(os.environ[VARIABLE], "making", f"{attempt.key}:{os.getpid()}")
    made.write_text(f"{attempt.run_id} {attempt.step} {attempt.number}\n")
    with suppress(FileExistsError):
        _effect(attempt.key).hardlink_to(made)
    made.unlink()


def prepare(folder: Path) -> None:
    """Make the folders."""
    for name in ("steps", "effects", "making"):
        (folder / name).mkdir(parents=True)


def lines_of(folder: Path, run_id: str) -> list[Line]:
    """Return what the steps of a run said, in the order in which they said it."""
    file = folder / "steps" / run_id
    if not file.exists():
        return []
    said = (line.split(" ") for line in file.read_text().splitlines())
    return [Line(step, int(n), event, float(at), int(pid)) for step, n, event, at, pid in said]


def effects(folder: Path) -> list[tuple[str, str]]:
    """Return (run, step) of every effect there is, twice where it was made twice."""
    found = [file.read_text().split(" ") for file in (folder / "effects").iterdir()]
    return [(run_id, step) for run_id, step, _ in found]


def _append(attempt: Attempt, event: str) -> None:
    line = f"{attempt.step} {attempt.number} {event} {time.time()} {os.getpid()}\n"
    path = Path(os.environ[VARIABLE], "steps", attempt.run_id)
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(file, line.encode())
    finally:
        os.close(file)


def _effect(key: str) -> Path:
    return Path(os.environ[VARIABLE], "effects", key)
