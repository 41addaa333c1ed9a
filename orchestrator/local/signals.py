"""A stack that is asked to end stops its children first."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

ENDINGS = (signal.SIGTERM, signal.SIGHUP)


@contextmanager
def ending_in_order() -> Iterator[None]:
    """Make SIGTERM and SIGHUP leave the block as Ctrl-C does, by an exception."""
    # Under nohup SIGHUP is ignored, and stays so.
    heard = [number for number in ENDINGS if signal.getsignal(number) is not signal.SIG_IGN]
    with _handling(_leave, *heard):
        yield


@contextmanager
def undisturbed() -> Iterator[None]:
    """Finish the block whatever the terminal sends: it takes a few seconds at most."""
    with _handling(signal.SIG_IGN, signal.SIGINT, *ENDINGS):
        yield


def _leave(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


@contextmanager
def _handling(
    handler: Callable[[int, FrameType | None], Any] | signal.Handlers, *numbers: signal.Signals
) -> Iterator[None]:
    # Only the main thread may set handlers; in another one there is none to be had.
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, former in before.items():
            signal.signal(number, former)
