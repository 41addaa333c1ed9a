"""Messages: what would have gone out lies in the sink, once for each key."""

import datetime as dt

import pytest
from sqlalchemy import select

from tasks.adapters.embedded.desk.mail_tables import message_attachments, messages
from tasks.adapters.embedded.desk.messages import MessageSink
from tasks.erp_errors import Rejected
from tasks.messaging.contracts import Attachment, Channel, OutgoingMessage, SentMessage
from tasks.messaging.mail_keys import message_id_for

NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
DRAWING = Attachment(
    name="plan – 1.pdf", media_type="application/pdf", content=bytes(range(256)) * 4
)
NOTE = Attachment(name="note.txt", media_type="text/plain", content=b"")


@pytest.fixture
def sink(database):
    return MessageSink(database, clock=lambda: NOON)


@pytest.fixture
def kept(database):
    """`kept()`: what lies in the sink, each message with its attachments."""

    def kept():
        with database.reading() as connection:
            files = connection.execute(select(message_attachments).order_by("position")).all()
            found = connection.execute(select(messages).order_by("id")).all()
            return [(row, [file for file in files if file.sent_id == row.id]) for row in found]

    return kept


def mail(**changes):
    given = {"channel": Channel.EMAIL, "to": ("orders@company.example",), "text": "Hello"}
    return OutgoingMessage(**given | changes)


def sms(**changes):
    given = {"channel": Channel.SMS, "to": ("+358401234567",), "text": "Hello"}
    return OutgoingMessage(**given | changes)


def test_a_mail_lies_in_the_sink_as_it_would_have_gone_out(sink, kept):
    message = mail(
        to=("orders@company.example", "boss@company.example"),
        subject="Tarjous – 12 kpl",
        text="Hyvää päivää\n\nTässä se on.",
        in_reply_to="one@company.example",
        attachments=(DRAWING, NOTE),
    )

    sink.send("run:confirm", message)

    [(row, files)] = kept()
    named = ("subject", "text", "in_reply_to")
    assert [getattr(row, name) for name in named] == [getattr(message, name) for name in named]
    assert row.recipients == message.to
    assert [(file.name, file.media_type, file.content) for file in files] == [
        (file.name, file.media_type, file.content) for file in message.attachments
    ]


def test_a_mail_has_a_message_id_that_is_made_of_its_key(sink):
    sent = sink.send("run:confirm", mail())

    assert (sent.key, sent.channel, sent.sent_at) == ("run:confirm", Channel.EMAIL, NOON)
    assert sent.to == ("orders@company.example",)
    assert sent.id == message_id_for("run:confirm", "pohjantukku.example")
    assert sink.send("run:remind", mail()).id != sent.id


def test_an_sms_has_an_id_of_the_sink(sink, kept):
    one, other = sink.send("a", sms()), sink.send("b", sms(to=("+46701234567", "+4915112345678")))

    assert one.id != other.id
    assert one.id.startswith("message:")
    assert other.to == ("+46701234567", "+4915112345678")
    assert [row.message_id for row, _ in kept()] == [None, None]


def test_a_key_sends_once(sink, kept):
    first = sink.send("a", mail(attachments=(NOTE,)))

    assert sink.send("a", mail(text="Another", attachments=(DRAWING,))) == first
    assert sink.send("a", sms()) == first
    assert sink.find("a") == first
    assert sink.find("b") is None
    assert [len(files) for _, files in kept()] == [1]


def test_what_was_sent_travels_as_json(sink):
    for sent in (sink.send("a", mail()), sink.send("b", sms())):
        assert SentMessage.model_validate_json(sent.model_dump_json()) == sent


def test_what_no_carrier_takes_is_refused_and_the_key_is_free(sink, kept):
    for changes, said in (
        ({"to": ("orders@company.example", "orders")}, "'orders' is no e-mail address"),
        ({"subject": "Hi\nBcc: all@company.example"}, "more than one line"),
        ({"attachments": (DRAWING.model_copy(update={"name": " "}),)}, "has no name"),
    ):
        with pytest.raises(Rejected, match=said):
            sink.send("a", mail(**changes))

    assert (sink.find("a"), kept()) == (None, [])
    assert sink.send("a", mail()).key == "a"
