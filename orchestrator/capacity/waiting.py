"""Waits for permits in the caller's own thread: for commands and scripts, never for steps."""

import time
from dataclasses import replace
from typing import Protocol

from orchestrator.capacity.refusals import PermitUnavailable
from orchestrator.capacity.replies import (
    Answer,
    End,
    Granted,
    Grants,
    Held,
    Request,
    Start,
    Started,
)

#: How soon, and how seldom at last, it asks again.
_FIRST, _LAST = 0.002, 0.05


class Door(Protocol):
    """The verbs that waiting needs."""

    def acquire(self, request: Request, *, park: bool) -> Answer: ...  # noqa: D102 — Semaphores says

    def start(self, request_id: str, token: int | None, session: str) -> Start: ...  # noqa: D102 — likewise

    def cancel(self, request_id: str) -> End: ...  # noqa: D102 — likewise


def wait(door: Door, request: Request, timeout: float) -> Granted:
    """Return the permits of a request as soon as it has them; `Semaphores.wait` says more."""
    # Without a message nobody else is told of the grant.
    asking = _Asking(door, replace(request, message=b""))
    deadline = time.monotonic() + timeout
    pause = _FIRST
    try:
        while not asking.is_granted():
            left = deadline - time.monotonic()
            if left <= 0:
                break
            time.sleep(min(pause, left))
            pause = min(2 * pause, _LAST)
    finally:
        asking.withdraw_unless_granted()
    if asking.token is None:
        sentence = f"request {request.id!r} was not granted within {round(timeout * 1000)} ms"
        raise PermitUnavailable(sentence, asking.grants)
    return Granted(asking.token, asking.grants)


class _Asking:
    """One request, asked for again and again."""

    def __init__(self, door: Door, request: Request) -> None:
        self._door = door
        self._request = request
        self._is_parked = False
        self.token: int | None = None
        self.grants: Grants = ()  #: to others, on the way

    def is_granted(self) -> bool:
        if self._is_parked:
            self._start()
        else:
            self._acquire()
        return self.token is not None

    def withdraw_unless_granted(self) -> None:
        if self.token is None:
            self.grants += self._door.cancel(self._request.id).grants

    def _acquire(self) -> None:
        answer = self._door.acquire(self._request, park=True)
        self._is_parked = True
        if not isinstance(answer, Held):
            self.grants += answer.grants
        if isinstance(answer, Granted):
            self.token = answer.token

    def _start(self) -> None:
        started = self._door.start(self._request.id, None, self._request.session)
        if started.outcome is Started.STARTED:
            self.token = started.token
        # Nobody had asked for the grant in time, so it left the line: back into it.
        self._is_parked = started.outcome is not Started.GONE
