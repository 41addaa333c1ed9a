"""Messages that go out, by e-mail and by SMS."""

import datetime as dt
from enum import StrEnum
from typing import Annotated, Protocol, Self

from pydantic import ConfigDict, Field, model_validator

from tasks.values import Id, Value

__all__ = ["Attachment", "Channel", "Messages", "OutgoingMessage", "SentMessage"]


class Channel(StrEnum):
    """The way a message goes."""

    EMAIL = "email"
    SMS = "sms"


class Attachment(Value):
    """A file that goes with an e-mail."""

    model_config = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")

    name: str
    #: such as `application/pdf`
    media_type: str
    content: bytes


class OutgoingMessage(Value):
    """A message to send."""

    channel: Channel
    #: addresses; for an SMS numbers with the country, `+358401234567`
    to: Annotated[tuple[str, ...], Field(min_length=1)]
    #: an SMS has none
    subject: str = ""
    text: str
    #: the key of the e-mail that it answers, its Message-ID
    in_reply_to: str = ""
    #: an SMS has none
    attachments: tuple[Attachment, ...] = ()

    @model_validator(mode="after")
    def _an_sms_is_a_text_to_numbers(self) -> Self:
        if self.channel is not Channel.SMS:
            return self
        if self.subject or self.in_reply_to or self.attachments:
            raise ValueError("an sms is its text alone: it has no subject, reply or attachment")
        if wrong := [number for number in self.to if not _is_number(number)]:
            raise ValueError(f"{wrong[0]!r} is no number: write it with the country, +358401234567")
        return self


class SentMessage(Value):
    """A message that was handed over to whoever carries it."""

    #: an e-mail's Message-ID, the carrier's own id of an SMS
    id: Id
    #: the key it was sent with
    key: str
    channel: Channel
    to: tuple[str, ...]
    sent_at: dt.datetime


class Messages(Protocol):
    """The way out: what is sent is sent, and no move takes it back.

    The embedded ERP carries nothing anywhere: its sink is its own table `erp_message`, where
    people and tests read what would have gone out.
    """

    def find(self, key: str) -> SentMessage | None:
        """Return what an earlier `send` with this key handed over, as far as we wrote it down."""
        ...

    def send(self, key: str, message: OutgoingMessage) -> SentMessage:
        """Hand a message over, or return what this key handed over before.

        Nobody can ask a mail server what it has sent: when the answer was lost, it goes out
        again with the same Message-ID, which is made of the key. See `Attempt.key`.

        Raises:
            Rejected: the carrier does not take it, or there is none for the channel.
            Unavailable: no answer; it may be on its way.
        """
        ...


def _is_number(text: str) -> bool:
    return text.startswith("+") and text[1:].isascii() and text[1:].isdigit()
