"""What messaging needs from outside: mails in, and a place for what a person must decide.

No mail goes out yet. Everything that is written here takes a key, so that a step that is
called twice writes once; a mail server takes none, and the Message-ID must stand in for it:
see `Attempt.key`.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Protocol

from tasks.values import Id, Value

__all__ = ["Email", "Handover", "Handovers"]


class Email(Value):
    """A mail as it was read: text only, headers decoded."""

    #: the Message-ID, else a hash of what the mail says: the same mail has the same key
    key: str
    #: the address alone, lower case
    sender: str
    sender_name: str = ""
    subject: str = ""
    #: what the sender wrote, without the mails it quotes
    body: str = ""
    #: what stands below the sign-off: a name, a company, an address
    signature: str = ""
    received_at: dt.datetime | None = None
    #: file names
    attachments: tuple[str, ...] = ()


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

    def open(self) -> list[Handover]:
        """Return what nobody has closed yet, the oldest first."""
        ...

    def close(self, handover: Id) -> None:
        """Take it off the pile; closing it twice is no error.

        Raises:
            NotFound: no handover has this id.
        """
        ...
