"""Read a mail: from the text of an `.eml` file, or from a sender, a subject and a body.

Both give an `Email` with a key that is the same whenever the same mail is read, so
a mail that arrives twice is one mail.
"""

import datetime as dt
import re
from email import message_from_bytes
from email.headerregistry import AddressHeader
from email.message import EmailMessage
from email.policy import default
from email.utils import parseaddr
from typing import Self

from pydantic import model_validator

from tasks.messaging.contracts import Email
from tasks.messaging.html_text import text_of_html
from tasks.messaging.mail_keys import field_of, hash_of, header_of, message_id
from tasks.messaging.mail_text import letters_in
from tasks.messaging.signatures import split_signature
from tasks.values import Value


class EmailInput(Value):
    """A mail as it comes in: either `raw`, or a sender and what was written."""

    sender: str = ""
    subject: str = ""
    body: str = ""
    #: the whole message as it was received, headers and all
    raw: str = ""

    @model_validator(mode="before")
    @classmethod
    def _of_message(cls, value: object) -> object:
        """Take the bytes of an `.eml` file for the mail they are."""
        return {"raw": raw_text(value)} if isinstance(value, bytes) else value

    @model_validator(mode="after")
    def _is_one_of_both(self) -> Self:
        if bool(self.raw) == bool(self.sender or self.subject or self.body):
            raise ValueError("a mail is either raw, or a sender, a subject and a body: give one")
        return self


def read_email(mail: EmailInput) -> Email:
    """Return the mail as text, its quotations left out and its signature apart."""
    if mail.raw:
        return _read_message(mail.raw)
    name, address = parseaddr(mail.sender)
    return _email(
        mail.body, _Head(sender=address or mail.sender, sender_name=name, subject=mail.subject)
    )


def raw_text(message: bytes) -> str:
    """Return a received message as text: its content whole, of its header what is about it.

    What servers add on the way is left out, for it differs each time the same mail is
    delivered. Mail is ASCII or, with 8-bit parts, nearly always UTF-8; a part in another
    charset is encoded anew, as a mail server does for a neighbour that takes seven bits.
    """
    text = _decoded(message).replace("\r\n", "\n").replace("\0", "")
    head, blank, content = text.partition("\n\n")
    fields = re.split(r"\n(?![ \t])", head)
    return "\n".join(filter(_IS_OF_THE_SENDER.match, fields)) + blank + content


def _decoded(message: bytes) -> str:
    try:
        return message.decode("utf-8")
    except UnicodeDecodeError:
        policy = default.clone(cte_type="7bit")
    try:
        return message_from_bytes(message, policy=policy).as_bytes().decode("ascii")
    except UnicodeError:
        # Eight bits where the mail promised seven: its letters are lost, the rest is not.
        return message.decode("utf-8", "replace")


#: Header fields that the sender wrote and that we read.
_IS_OF_THE_SENDER = re.compile(
    r"(from|sender|to|subject|date|message-id|in-reply-to|mime-version|content-[\w-]+)\s*:",
    re.IGNORECASE,
)


class _Head(Value):
    """What the header says; the key is empty when the mail has no Message-ID."""

    sender: str
    sender_name: str = ""
    subject: str = ""
    key: str = ""
    received_at: dt.datetime | None = None
    attachments: tuple[str, ...] = ()


def _read_message(raw: str) -> Email:
    # Of bytes Python takes what is not ASCII in a header for damaged, of a text it does not.
    header = header_of(raw)
    message = message_from_bytes(raw.encode("utf-8"), policy=default)
    name, address = _sender(header)
    head = _Head(
        sender=address,
        sender_name=name,
        subject=field_of(header, "Subject") or "",
        key=message_id(header),
        received_at=_received_at(header),
        attachments=tuple(part.get_filename() or "unnamed" for part in message.iter_attachments()),
    )
    return _email(_text(message), head)


def _email(text: str, head: _Head) -> Email:
    clean = text.replace("\r\n", "\n").replace("\xa0", " ").replace("\0", "")
    # Whoever forwards an order signs above it, whoever wrote it below.
    parts = [
        split_signature(letter, head.sender_name)
        for letter in letters_in(clean, subject=head.subject)
    ]
    return Email(
        key=head.key or _hash_of(head.sender, head.subject, text),
        sender=head.sender.strip().lower(),
        sender_name=head.sender_name,
        subject=" ".join(head.subject.split()),
        body="\n\n".join(body for body, _ in parts).strip(),
        signature="\n".join(signature for _, signature in parts).strip(),
        received_at=head.received_at,
        attachments=head.attachments,
    )


def _hash_of(*texts: str) -> str:
    # Lengths keep "a" + "bc" apart from "ab" + "c".
    return hash_of("".join(f"{len(text)}:{text}" for text in texts).encode())


def _sender(header: EmailMessage) -> tuple[str, str]:
    said = field_of(header, "From") or field_of(header, "Sender")
    if isinstance(said, AddressHeader) and said.addresses:
        address = said.addresses[0]
        return address.display_name, address.addr_spec
    return parseaddr(said or "")


def _received_at(header: EmailMessage) -> dt.datetime | None:
    moment = getattr(field_of(header, "Date"), "datetime", None)
    if not isinstance(moment, dt.datetime):
        return None
    # "-0000" means that the sender did not tell the zone.
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def _text(message: EmailMessage) -> str:
    part = message.get_body(preferencelist=("plain", "html"))
    if part is None:
        return ""
    try:
        content = str(part.get_content())
    except LookupError:  # a charset that Python does not know
        payload = part.get_payload(decode=True)
        content = payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
    return text_of_html(content) if part.get_content_subtype() == "html" else content
