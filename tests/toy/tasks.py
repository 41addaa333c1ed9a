"""Tasks that do what the tests need to see: add, nap, fail, hang, die."""

import asyncio
import datetime as dt
import os
import signal
import sys
import threading
import time
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from orchestrator import Attempt, DoNotRetry, preload, task
from orchestrator.errors import StepTimedOut
from tests.toy import diary


class Quote(BaseModel):
    """Values that JSON numbers would spoil."""

    net: Decimal
    rate: Decimal
    day: dt.date
    at: dt.datetime


class NotYet(Exception):
    """Raised by `fail` until it has failed often enough."""


#: The processes that have called `remember`.
_LOADED_BY: list[int] = []


@preload("toy")
def remember() -> None:
    """Note who loads what the pool's processes share."""
    _LOADED_BY.append(os.getpid())


@task("toy.tell_loaders")
def tell_loaders(seconds: float = 0) -> tuple[int, list[int]]:
    """Return the own process, and those that have loaded what it has, after so many seconds."""
    time.sleep(seconds)
    return os.getpid(), _LOADED_BY


@task("toy.add")
def add(a: int, b: int = 0) -> int:
    """Add two numbers."""
    return a + b


@task("toy.total")
def total(numbers: list[int]) -> int:
    """Add many numbers."""
    return sum(numbers)


@task("toy.note")
def note(attempt: Attempt, seconds: float = 0) -> str:
    """Note that it ran, and for so long."""
    with diary.noted(attempt):
        time.sleep(seconds)
    return attempt.step


@task("toy.key")
def key(attempt: Attempt) -> str:
    """Return the key of its effect."""
    return attempt.key


@task("toy.hold")
def hold(until: str, attempt: Attempt) -> str:
    """Run until a file appears, at most a minute."""
    with diary.noted(attempt):
        deadline = time.monotonic() + 60
        while not Path(until).exists() and time.monotonic() < deadline:
            time.sleep(0.02)
    return attempt.step


@task("toy.quote")
def quote(net: Decimal, day: dt.date) -> Quote:
    """Return values that must arrive as they are."""
    at = dt.datetime(2026, 1, 31, 23, 59, 59, 999999, tzinfo=dt.UTC)
    return Quote(net=net, rate=Decimal("0.10"), day=day, at=at)


@task("toy.describe")
def describe(quoted: Quote) -> str:
    """Write down exactly what came."""
    return f"{quoted.net!r} {quoted.rate!r} {quoted.day!r} {quoted.at.isoformat()}"


@task("toy.optional")
def optional(value: int | None, other: int = 7) -> list[int | None]:
    """Return what it was given."""
    return [value, other]


@task("toy.fail")
def fail(times: int, attempt: Attempt) -> int:
    """Fail so often, then return the number of the attempt."""
    with diary.noted(attempt):
        if attempt.number <= times:
            raise NotYet(f"failure {attempt.number} of {times}")
    return attempt.number


@task("toy.fail_for_good")
def fail_for_good(attempt: Attempt) -> int:
    """Fail, and ask for no other attempt."""
    with diary.noted(attempt):
        raise DoNotRetry("this customer does not exist")


class Speechless(Exception):
    """An error whose own words fail."""

    def __str__(self) -> str:
        raise ValueError("no words")


#: What no task should raise, and some do.
ODD = {
    "interrupt": KeyboardInterrupt(),
    "cancelled": asyncio.CancelledError(),
    "speechless": Speechless(),
    "unprintable": ValueError("a NUL \0, half a character \ud83d"),
    "endless": ValueError("endless " * 100_000),
}


@task("toy.raise_oddly")
def raise_oddly(kind: str, attempt: Attempt) -> None:
    """Raise one of the odd errors."""
    with diary.noted(attempt):
        raise ODD[kind]


@task("toy.persist")
def persist(attempt: Attempt) -> None:
    """Work on for a minute, whatever error is raised meanwhile."""
    with diary.noted(attempt):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with suppress(Exception):
                time.sleep(1)


@task("toy.leave")
def leave(attempt: Attempt) -> None:
    """End as a script does."""
    with diary.noted(attempt):
        sys.exit(3)


@task("toy.warn")
def warn(attempt: Attempt) -> int:
    """Return with a warning."""
    attempt.warn("the price list is old")
    return 1


@task("toy.big")
def big(size: int) -> str:
    """Return a text of so many characters."""
    return "x" * size


@task("toy.anything")
def anything(value: Any = None) -> Any:
    """Return what it was given."""
    return value


@task("toy.tidy")
def tidy(attempt: Attempt) -> int:
    """Run for a minute; say so if a timeout could be tidied up after."""
    with diary.noted(attempt):
        try:
            time.sleep(60)
        except StepTimedOut:
            diary.write(attempt, "tidied")
            raise
    return 1


@task("toy.hang")
def hang(attempt: Attempt, attempts: int = 1000) -> int:
    """For so many attempts, run for a minute and let no signal but SIGKILL in."""
    with diary.noted(attempt):
        if attempt.number <= attempts:
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1, signal.SIGTERM})
            sleeper = threading.Thread(target=time.sleep, args=(60,))
            sleeper.start()
            sleeper.join()
    return attempt.number


@task("toy.die")
def die(attempt: Attempt, times: int = 1000) -> int:
    """For so many attempts, kill the process."""
    with diary.noted(attempt):
        if attempt.number <= times:
            os.kill(os.getpid(), signal.SIGKILL)
    return attempt.number
