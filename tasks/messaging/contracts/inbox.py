"""Mails that come in: as the server keeps them, and as we read them."""

import datetime as dt
from typing import Protocol

from pydantic import ConfigDict

from tasks.values import Value

__all__ = ["Email", "Inbox", "Mail"]


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


class Mail(Value):
    """A mail as it lies on the server."""

    model_config = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")

    #: the Message-ID, else a hash of the bytes: the same mail has the same key
    key: str
    #: where the mailbox has it; it may mean another mail after the server was rebuilt
    uid: str
    raw: bytes


class Inbox(Protocol):
    """The mailbox that customers write to."""

    def fetch(self, limit: int = 50) -> list[Mail]:
        """Return the oldest mails that nobody has taken in yet, and leave them as they are.

        A mail comes again until it is `done`: write it down by its key first.

        Raises:
            Unavailable: the server does not answer.
        """
        ...

    def done(self, mail: Mail, folder: str = "Processed") -> None:
        """Move a mail to a folder; one that is no longer in the inbox is no error.

        Raises:
            Unavailable: the server does not answer; it may have been moved.
        """
        ...
