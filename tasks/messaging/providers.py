"""What messaging's steps need to know beforehand: what already lies on the desk."""

from tasks.messaging.contracts import Email, Handover, Handovers


class DeskProvider:
    """Looks at the pile that waits for a person."""

    def __init__(self, handovers: Handovers) -> None:
        self._handovers = handovers

    def others_from(self, email: Email) -> list[Handover]:
        """Return the open handovers of other mails by the same sender."""
        return [
            one
            for one in self._handovers.open()
            if one.sender == email.sender and one.mail_key != email.key
        ]
