"""A trap: what happens at a failpoint, and how often.

    kill                  SIGKILL to this process
    kill:group            SIGKILL to its whole group, as when a host loses its power
    exit:CODE             SystemExit; with code 1 unless given
    raise:MODULE:NAME     the error that NAME makes of a text; RuntimeError unless given
    delay:SECONDS         sleep
    freeze                SIGSTOP: it goes on when somebody sends SIGCONT

Options follow after commas:

    chance=0.1    with this probability
    skip=3        not the first three times
    times=1       so often in this process
    once=FILE     once in all processes together: whoever makes FILE
"""

import os
import random
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

from orchestrator.errors import ConfigurationError
from orchestrator.suggestion import did_you_mean

Action = Callable[[str], None]


@dataclass
class Trap:
    """What happens at a point, and how often.

    Attributes:
        once: made by the process that falls into it, which writes its point, pid and time.
    """

    action: Action
    chance: float = 1.0
    skip: int = 0
    times: int | None = None
    once: Path | None = None
    _reached: int = field(default=0, init=False)

    @classmethod
    def read(cls, text: str) -> "Trap":
        """Return the trap that a text such as `kill,chance=0.1` means.

        Raises:
            ConfigurationError: it means none.
        """
        action, *options = (part.strip() for part in text.split(","))
        given: dict[str, Any] = {}
        for option in options:
            name, _, value = option.partition("=")
            if name not in _OPTIONS:
                raise ConfigurationError(
                    f"a trap has no option {name!r}{did_you_mean(name, _OPTIONS)}"
                )
            given[name] = _OPTIONS[name](value)
        return cls(_action(action), **given)

    def spring(self, point: str) -> None:
        """Do it, if it is its turn."""
        self._reached += 1
        if self._reached <= self.skip or random.random() >= self.chance:  # noqa: S311 - no secret
            return
        if self.times is not None:
            if self.times == 0:
                return
            self.times -= 1
        if self.once is None or _is_first(self.once, point):
            self.action(point)


def number_in(text: str) -> float:
    """Return the number that a text is.

    Raises:
        ConfigurationError: it is none.
    """
    try:
        return float(text)
    except ValueError:
        raise ConfigurationError(f"a trap needs a number where it has {text!r}") from None


def _is_first(marker: Path, point: str) -> bool:
    try:
        with marker.open("x") as file:
            file.write(f"{point} {os.getpid()} {time.time()}\n")
    except FileExistsError:
        return False
    return True


def _action(text: str) -> Action:
    name, _, argument = text.partition(":")
    if name not in _ACTIONS:
        raise ConfigurationError(
            f"a trap cannot {name!r}{did_you_mean(name, _ACTIONS)}: {', '.join(_ACTIONS)} it can"
        )
    return _ACTIONS[name](argument)


def _kill(whom: str) -> Action:
    if whom not in ("", "group"):
        raise ConfigurationError(f"a trap kills its process or its 'group', not {whom!r}")

    def kill(_: str) -> None:
        if whom:
            os.killpg(os.getpgrp(), signal.SIGKILL)
        os.kill(os.getpid(), signal.SIGKILL)

    return kill


def _exit(code: str) -> Action:
    status = int(number_in(code or "1"))

    def leave(point: str) -> None:
        raise SystemExit(status) from RuntimeError(f"failpoint {point}")

    return leave


def _raise(name: str) -> Action:
    try:
        make: Callable[[str], BaseException] = resolve_name(name) if name else RuntimeError
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigurationError(f"a trap cannot raise {name!r}: {error}") from error

    def fail(point: str) -> None:
        raise make(f"failpoint {point}")

    return fail


def _delay(seconds: str) -> Action:
    length = number_in(seconds)
    return lambda _: time.sleep(length)


def _freeze(_: str) -> Action:
    return lambda _: os.kill(os.getpid(), signal.SIGSTOP)


_ACTIONS: dict[str, Callable[[str], Action]] = {
    "kill": _kill,
    "exit": _exit,
    "raise": _raise,
    "delay": _delay,
    "freeze": _freeze,
}
_OPTIONS: dict[str, Callable[[str], Any]] = {
    "chance": number_in,
    "skip": lambda text: int(number_in(text)),
    "times": lambda text: int(number_in(text)),
    "once": Path,
}
