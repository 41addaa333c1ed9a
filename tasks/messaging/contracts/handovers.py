"""A place for what a person must decide."""

import datetime as dt
from collections.abc import Sequence
from typing import Protocol

from tasks.values import Id, Value

__all__ = ["Handover", "Handovers"]


class Handover(Value):
    """A mail that a person must look at, and why."""

    id: Id
    key: str
    mail_key: str
    subject: str
    sender: str
    reasons: tuple[str, ...]
    opened_at: dt.datetime


class Handovers(Protocol):
    """The pile on a person's desk."""

    def add(
        self, key: str, mail_key: str, *, subject: str, sender: str, reasons: Sequence[str]
    ) -> Handover:
        """Hand a mail over; the same key again returns what the first call made."""
        ...

    def find(self, key: str) -> Handover | None:
        """Return the handover that an earlier `add` with this key made, closed or not."""
        ...

    def open(self) -> list[Handover]:
        """Return what nobody has closed yet, the oldest first."""
        ...

    def close(self, handover: Id) -> None:
        """Take it off the pile; closing it twice is no error.

        Raises:
            NotFound: no handover has this id.
        """
        ...
