"""Named points at which a process can be broken on purpose, so that tests break it there.

    ORCHESTRATOR_FAILPOINTS="executor.claimed=kill,chance=0.1; canvas.publishing=delay:0.5"
    ORCHESTRATOR_FAILPOINTS="@traps"    # the file `traps`, read again whenever it changes

Production code says `reach("executor.claimed")` before and after each write and each
message of a step's life. Nothing happens there, unless a trap was set when the process
started; `orchestrator.traps` says what traps do.
"""

import datetime as dt
from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path

from orchestrator.errors import ConfigurationError
from orchestrator.suggestion import did_you_mean
from orchestrator.traps import Trap, number_in

VARIABLE = "ORCHESTRATOR_FAILPOINTS"

#: Each point, and how far things are when a process ends there.
POINTS = {
    "ledger.committing": "a transaction is written, and not committed",
    "ledger.committed": "a transaction is committed, and its process does not know it yet",
    "coordinator.submitting": "a run is written, and not committed",
    "coordinator.submitted": "a run is committed, and nothing of it is published",
    "canvas.publishing": "messages are not sent",
    "canvas.published": "messages are sent",
    "dispatcher.published": "messages are sent, and the ledger does not know it",
    "executor.claiming": "a message has arrived, and its step is not taken",
    "executor.claimed": "a step is taken, and its task is not called",
    "executor.called": "a task has returned, and nothing of that is written",
    "executor.recorded": "an outcome is written, and nothing follows from it yet",
    "progression.moving": "what follows from an outcome, besides messages, is not written",
    "progression.moved": "it is written, and what follows from that is not sent",
    "progression.admitted": "steps of a session may start, and their messages are not sent",
    "pool.handing_over": "a step's child is done, and its parent is to acknowledge the message",
    "pool.acknowledging": "the next messages are sent, and the step's own is not given up",
    "pool.acknowledged": "a step's message is given up",
    "chords.giving": "a step's part is not given to the chord of a join",
    "chords.counted": "parts are given, and the message of a join that has them all is not sent",
    "chords.given": "parts are given; with the last one the join's message is sent",
    "gate.acquired": "permits are granted or a request is parked, and the ledger does not know it",
    "gate.parked": "a step is written as parked, and its message is not given up",
    "gate.leaving": "an outcome is written, and its permits are not given back",
    "gate.left": "permits are given back, and whoever they were granted to has its message",
    "permits.publishing": "steps were granted permits, and their messages are not sent",
    "permits.published": "those messages are sent, and Redis does not know it",
    "permits.rebuilding": "an epoch has begun, and Redis has not been told who holds permits",
    "permits.rebuilt": "Redis has been told",
    "beat.beating": "the leases of a node are not extended",
    "beat.striking_off": "a process is dead, and its lease lives on",
}

#: In the place of a point, `clock=60` puts the clock of this process a minute ahead.
_CLOCK = "clock"
_NO_TIME = dt.timedelta(0)


def reach(point: str) -> None:
    """Break here if this process has a trap for it."""
    if _armed is not None:
        _armed.spring(point)


def clock_step() -> dt.timedelta:
    """Return by how much the clock of this process is off on purpose."""
    return _NO_TIME if _armed is None else _armed.clock_step()


def arm(text: str) -> None:
    """Set the traps of this process and of those that it will fork.

    Args:
        text: traps with semicolons between them, or `@` and the file that has them.

    Raises:
        ConfigurationError: the text means nothing; no trap is set.
    """
    global _armed  # noqa: PLW0603 - a process has one set of traps
    _armed = _Armed(text)


def arm_from(environment: Mapping[str, str]) -> None:
    """Set the traps that the environment asks for, if it does.

    Raises:
        ConfigurationError: it asks for what means nothing.
    """
    if text := environment.get(VARIABLE, "").strip():
        try:
            arm(text)
        except ConfigurationError as error:
            raise ConfigurationError(f"{VARIABLE} is {text!r}: {error}") from error


def disarm() -> None:
    """Take every trap away."""
    global _armed  # noqa: PLW0603 - see `arm`
    _armed = None


class _Armed:
    """The traps of a process, from a text or from a file that may change."""

    def __init__(self, text: str) -> None:
        self._file = Path(text[1:]) if text.startswith("@") else None
        self._seen: tuple[int, int] | None = None
        self._traps: dict[str, Trap] = {}
        self._step = _NO_TIME
        if self._file is None:
            self._set(text)

    def spring(self, point: str) -> None:
        self._look_again()
        if trap := self._traps.get(point):
            trap.spring(point)

    def clock_step(self) -> dt.timedelta:
        self._look_again()
        return self._step

    def _look_again(self) -> None:
        if self._file is None:
            return
        try:
            status = self._file.stat()
        except FileNotFoundError:
            self._seen, self._traps, self._step = None, {}, _NO_TIME
            return
        # Its writer puts a new file in the place of the old: none is ever seen half written.
        if (now := (status.st_ino, status.st_mtime_ns)) != self._seen:
            self._set(self._file.read_text())
            self._seen = now

    def _set(self, text: str) -> None:
        traps: dict[str, Trap] = {}
        step = _NO_TIME
        for part in filter(None, map(str.strip, text.replace("\n", ";").split(";"))):
            place, _, said = part.partition("=")
            if place == _CLOCK:
                step = dt.timedelta(seconds=number_in(said))
            else:
                traps |= {point: Trap.read(said) for point in _points(place)}
        self._traps, self._step = traps, step


def _points(pattern: str) -> list[str]:
    points = [point for point in POINTS if fnmatchcase(point, pattern)]
    if not points:
        raise ConfigurationError(
            f"no failpoint is named {pattern!r}{did_you_mean(pattern, POINTS)}"
        )
    return points


_armed: _Armed | None = None
