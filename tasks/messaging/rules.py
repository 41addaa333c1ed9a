"""What a mail says about itself, and how its questions are put to a person."""

from collections.abc import Sequence

from tasks.messaging.contracts import Email, Handover

#: Pictures in a signature; nobody sends an order as a logo.
_PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".svg")


def unread_attachments(email: Email) -> list[str]:
    """Return the names of the attachments that may hold something to offer."""
    return [name for name in email.attachments if not name.lower().endswith(_PICTURES)]


def warnings_about(email: Email) -> list[str]:
    """Say what a reader of the offer should know about the mail."""
    return [
        f"attachment {name!r} was not read: only the text of the mail was"
        for name in unread_attachments(email)
    ]


def reasons(*groups: Sequence[str]) -> list[str]:
    """Return all questions once, in the order they came up."""
    return list(dict.fromkeys(question for group in groups for question in group))


def notes_on(others: Sequence[Handover]) -> list[str]:
    """Say that a person may answer several mails at once."""
    return [
        f"mail {one.subject!r} of {one.sender} waits for a person, too: handover {one.id}"
        for one in others
    ]
