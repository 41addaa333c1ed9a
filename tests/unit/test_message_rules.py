"""What a carrier takes: addresses that are some, and one line in each header field."""

import pytest

from tasks.adapters.rules.messages import LONGEST_ADDRESS, check_message
from tasks.erp_errors import Rejected
from tasks.messaging.contracts import Attachment, Channel, OutgoingMessage

ADDRESSES = """
    orders@company.example o'neill+offers@sub.company.example tilaus@sähkö.example a@b
    first.last@10-4.example {curly}@company.example
""".split()
NONE = [
    "",
    "orders",
    "@company.example",
    "orders@",
    "a@b@c.example",
    "orders company@b.example",
    "Orders <orders@company.example>",
    "orders@company.example, other@company.example",
    "orders@company..example",
    "orders@-company.example",
    ".orders@company.example",
    "orders@company.example\n",
    "orders@company.example\r\nBcc: all@company.example",
    "orders\0@company.example",
    "o" * LONGEST_ADDRESS + "@company.example",
]


def mail(**changes):
    given = {"channel": Channel.EMAIL, "to": ("orders@company.example",), "text": "hello"}
    return OutgoingMessage(**given | changes)


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_is_written_to(address):
    check_message(mail(to=(address,)))


@pytest.mark.parametrize("address", NONE, ids=range(len(NONE)))
def test_what_is_no_address_is_said_back(address):
    with pytest.raises(Rejected, match="is no e-mail address: write it alone") as refused:
        check_message(mail(to=("orders@company.example", address)))

    assert repr(address) in str(refused.value)


@pytest.mark.parametrize(
    ("field", "said"), [("subject", "the subject"), ("in_reply_to", "the key in in_reply_to")]
)
def test_a_header_field_has_one_line(field, said):
    with pytest.raises(Rejected, match=f"{said} 'a.*has more than one line"):
        check_message(mail(**{field: "a\r\nBcc: all@company.example"}))


def test_an_attachment_has_a_name():
    with pytest.raises(Rejected, match="has no name"):
        check_message(
            mail(attachments=(Attachment(name="", media_type="text/plain", content=b"1"),))
        )


def test_a_number_was_checked_when_it_was_written():
    check_message(OutgoingMessage(channel=Channel.SMS, to=("+358401234567",), text="hello"))
