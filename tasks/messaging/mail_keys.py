"""The key of a mail: the same mail has the same one, whoever looks at it.

It is the Message-ID without its brackets: what came in, what went out and what an answer names
are compared by it. Nothing here reads more of a mail than its header.
"""

import hashlib
from email.message import EmailMessage
from email.parser import HeaderParser
from email.policy import default


def mail_key(raw: bytes) -> str:
    """Return the key of a mail as it was received: its Message-ID, else a hash of the bytes."""
    text = raw.decode("utf-8", "replace").replace("\0", "")
    return message_id(header_of(text)) or hash_of(raw)


def header_of(text: str) -> EmailMessage:
    """Return the header of a mail, without its content."""
    return HeaderParser(policy=default).parsestr(text)


def message_id(header: EmailMessage) -> str:
    """Return the Message-ID of a mail; empty when it has none."""
    return str(field_of(header, "Message-ID") or "").strip().strip("<>")


def field_of(header: EmailMessage, name: str) -> str | None:
    """Return what a field says, which Python has parsed; None: there is none.

    Whoever wrote it may have written anything. What Python does not get through is returned as it
    stands there, on one line.
    """
    try:
        found: str | None = header.get(name)
    except Exception:  # of `<` alone it raises an IndexError, and other errors of other fields
        written = next(said for of, said in header.raw_items() if of.lower() == name.lower())
        return " ".join(str(written).split())
    return found


def hash_of(content: bytes) -> str:
    """Return what stands in for a Message-ID."""
    return "sha256-" + hashlib.sha256(content).hexdigest()


def message_id_for(key: str, domain: str) -> str:
    """Return the Message-ID of the mail that a key sends: whoever gets it twice sees it is one.

    >>> message_id_for("run:confirm", "us.example")[-19:]
    '931a8e04@us.example'
    """
    return f"{hashlib.sha256(key.encode()).hexdigest()}@{domain}"
