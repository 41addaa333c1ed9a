"""Named points at which a process breaks on purpose, so that tests can break it there.

    ORCHESTRATOR_FAILPOINTS="executor.claimed=kill,chance=0.1; canvas.publishing=delay:0.5"
    ORCHESTRATOR_FAILPOINTS="@traps"    # the file `traps`, read again whenever it changes

Production code says `reach("executor.claimed")` before and after each write and each
message of a step's life. Nothing happens there, unless a process was armed when it started.

    arming = trap {";" trap} | "@" file         trap = point "=" action {"," option}
    point  = a name of POINTS, or a pattern such as executor.*
    action = kill | kill:group | exit | exit:CODE | raise | raise:MODULE:NAME
             | delay:SECONDS | freeze
    option = chance=0.5    springs with this probability
             skip=3        not the first three times
             times=1       so often in this process
             once=FILE     once in all processes: by whoever makes FILE

`clock=SECONDS` in the place of a trap moves the clock of this process.
"""

import datetime as dt
import os
import random
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from pkgutil import resolve_name

from orchestrator.errors import ConfigurationError
from orchestrator.suggestion import did_you_mean

VARIABLE = "ORCHESTRATOR_FAILPOINTS"

#: What lies between a point and the next one is what a process that ends here leaves undone.
POINTS = {
    "ledger.committing": "a transaction is written, and not committed",
    "ledger.committed": "a transaction is committed, and nobody knows it yet",
}

_CLOCK = "clock"
_NO_TIME = dt.timedelta(0)

Action = Callable[[str], None]


def reach(point: str) -> None:
    """Break here if this process was armed to."""
    if _armed is not None:
        _armed.spring(point)


def clock_step() -> dt.timedelta:
    """Return by how much the clock of this process was moved."""
    return _NO_TIME if _armed is None else _armed.clock_step()


def arm(arming: str) -> None:
    """Set the traps of this process, and of those that it forks.

    Raises:
        ConfigurationError: the text says something else; nothing is armed.
    """
    global _armed  # noqa: PLW0603 - one process, one set of traps
    _armed = Traps(arming)


def arm_from(environment: Mapping[str, str]) -> None:
    """Set the traps that the environment asks for, if it does.

    Raises:
        ConfigurationError: the variable says something that means nothing.
    """
    if arming := environment.get(VARIABLE, "").strip():
        arm(arming)


def disarm() -> None:
    """Take every trap away."""
    global _armed  # noqa: PLW0603 - see `arm`
    _armed = None


@dataclass
class Trap:
    """What happens at a point, and how often."""

    act: Action
    chance: float = 1.0
    skip: int = 0
    times: int | None = None
    once: Path | None = None
    _reached: int = field(default=0, init=False)

    def spring(self, point: str) -> None:
        """Do it, unless it is not its turn."""
        self._reached += 1
        if self._reached <= self.skip or random.random() >= self.chance:  # noqa: S311 - no secret
            return
        if self.times is not None:
            if self.times <= 0:
                return
            self.times -= 1
        if self.once is None or _is_first(self.once, point):
            self.act(point)


class Traps:
    """The traps of a process, from a text or from a file that may change."""

    def __init__(self, arming: str) -> None:
        self._file = Path(arming[1:]) if arming.startswith("@") else None
        self._seen: tuple[int, int] | None = None
        self._traps: dict[str, Trap] = {}
        self._clock = _NO_TIME
        if self._file is None:
            self._set(arming)

    def spring(self, point: str) -> None:
        """Break here if there is a trap."""
        self._look_again()
        if trap := self._traps.get(point):
            trap.spring(point)

    def clock_step(self) -> dt.timedelta:
        """Return by how much the clock is moved."""
        self._look_again()
        return self._clock

    def _look_again(self) -> None:
        if self._file is None:
            return
        try:
            status = self._file.stat()
        except FileNotFoundError:
            self._seen, self._traps, self._clock = None, {}, _NO_TIME
            return
        # Whoever writes the file puts a new one in its place, so it is never read half written.
        if (now := (status.st_ino, status.st_mtime_ns)) != self._seen:
            self._seen = now
            self._set(self._file.read_text())

    def _set(self, text: str) -> None:
        self._traps, self._clock = {}, _NO_TIME
        for part in filter(None, map(str.strip, text.replace("\n", ";").split(";"))):
            point, _, said = part.partition("=")
            if point == _CLOCK:
                self._clock = dt.timedelta(seconds=_number(said, part))
                continue
            for name in _points(point):
                self._traps[name] = _trap(said, part)


def _is_first(marker: Path, point: str) -> bool:
    try:
        with marker.open("x") as file:
            file.write(f"{point} {os.getpid()} {time.time()}\n")
    except FileExistsError:
        return False
    return True


def _points(pattern: str) -> list[str]:
    names = [name for name in POINTS if fnmatchcase(name, pattern)]
    if not names:
        raise ConfigurationError(
            f"{VARIABLE}: no failpoint is named {pattern!r}{did_you_mean(pattern, POINTS)}"
        )
    return names


def _trap(said: str, part: str) -> Trap:
    action, *options = said.split(",")
    trap = Trap(_action(action.strip(), part))
    for option in options:
        name, _, value = option.strip().partition("=")
        if name == "once":
            trap.once = Path(value)
        elif name == "chance":
            trap.chance = _number(value, part)
        elif name in ("skip", "times"):
            setattr(trap, name, int(_number(value, part)))
        else:
            known = ("chance", "skip", "times", "once")
            raise ConfigurationError(
                f"{VARIABLE}: {part!r} has no option {name!r}{did_you_mean(name, known)}"
            )
    return trap


def _action(said: str, part: str) -> Action:
    name, _, argument = said.partition(":")
    actions: dict[str, Callable[[], Action]] = {
        "kill": lambda: _kill_group if argument == "group" else _kill,
        "exit": lambda: _exit(int(_number(argument or "1", part))),
        "raise": lambda: _raise(argument),
        "delay": lambda: _delay(_number(argument, part)),
        "freeze": lambda: _freeze,
    }
    if name not in actions:
        raise ConfigurationError(
            f"{VARIABLE}: {part!r} does nothing: {name!r} is none of {', '.join(actions)}"
            f"{did_you_mean(name, actions)}"
        )
    return actions[name]()


def _number(text: str, part: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ConfigurationError(f"{VARIABLE}: {text!r} in {part!r} is no number") from None


def _kill(_point: str) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _kill_group(_point: str) -> None:
    # As a host without power: the pool's parent and all of its processes at once.
    os.killpg(os.getpgrp(), signal.SIGKILL)


def _freeze(_point: str) -> None:
    os.kill(os.getpid(), signal.SIGSTOP)


def _delay(seconds: float) -> Action:
    return lambda _point: time.sleep(seconds)


def _exit(code: int) -> Action:
    def leave(point: str) -> None:
        raise SystemExit(code) from RuntimeError(f"failpoint {point}")

    return leave


def _raise(name: str) -> Action:
    make: Callable[..., BaseException] = resolve_name(name) if name else RuntimeError

    def fail(point: str) -> None:
        raise make(f"failpoint {point}")

    return fail


_armed: Traps | None = None
