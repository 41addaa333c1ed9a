"""What goes out: the same whoever carries it."""

import re

from tasks.adapters.rules.archive import check_file
from tasks.erp_errors import Rejected
from tasks.messaging.contracts import Channel, OutgoingMessage

#: of a mail server, RFC 5321
LONGEST_ADDRESS = 254

_ATOM = r"[\w!#$%&'*+/=?^`{|}~-]+"
_LABEL = r"[^\W_]([\w-]*[^\W_])?"
_ADDRESS = re.compile(rf"{_ATOM}(\.{_ATOM})*@{_LABEL}(\.{_LABEL})*")


def check_message(message: OutgoingMessage) -> None:
    """Let a message pass that a carrier takes.

    Raises:
        Rejected: an address is none, what goes into the header is more than a line, or an
            attachment has no name or is too large. A number is checked by the message itself.
    """
    if message.channel is Channel.EMAIL:
        for address in message.to:
            _check_address(address)
    _check_line("subject", message.subject)
    _check_line("key in in_reply_to", message.in_reply_to)
    for attachment in message.attachments:
        check_file(attachment.name, attachment.content)


def _check_address(address: str) -> None:
    if len(address) > LONGEST_ADDRESS or not _ADDRESS.fullmatch(address):
        raise Rejected(
            f"{address!r} is no e-mail address: "
            "write it alone, without a name, such as 'orders@company.example'"
        )


def _check_line(what: str, text: str) -> None:
    # A second line would be a header field of its own.
    if set(text) & set("\r\n"):
        raise Rejected(f"the {what} {text!r} has more than one line: write it in one")
