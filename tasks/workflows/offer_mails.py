"""Mails for the offer workflow: from files, from a folder, and the key each has."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from tasks.messaging.mail_reading import EmailInput, raw_text, read_email


def email_from_file(path: Path) -> EmailInput:
    """Return the mail in an `.eml` file."""
    return EmailInput(raw=raw_text(path.read_bytes()))


def emails_in(folder: Path) -> Iterator[tuple[Path, EmailInput]]:
    """Return the mails of a folder's `.eml` files with their paths, in the order of the names."""
    for path in sorted(folder.glob("*.eml")):
        yield path, email_from_file(path)


def email_of(email_data: EmailInput | Mapping[str, str]) -> EmailInput:
    """Return a mail from a mapping with `sender`, `subject` and `body`, or with `raw`."""
    return email_data if isinstance(email_data, EmailInput) else EmailInput(**email_data)


def idempotency_key(email: EmailInput) -> str:
    """Return what makes the same mail the same run: its Message-ID, else a hash of it."""
    return f"offers:{read_email(email).key}"
