"""Inbox: the oldest first, the same bytes again and again until it is done."""

import pytest
from sqlalchemy import select

from tasks.adapters.embedded.desk.inbox import Mailbox
from tasks.adapters.embedded.desk.mail_tables import mails
from tasks.messaging.contracts import Mail
from tasks.messaging.mail_reading import EmailInput, read_email
from tests.repository import ROOT

SAMPLES = sorted((ROOT / "tasks" / "samples" / "mails").glob("*.eml"))


@pytest.fixture
def mailbox(database):
    return Mailbox(database)


@pytest.fixture
def folders(database):
    """`folders()`: the folder of each mail that was ever delivered."""

    def folders():
        with database.reading() as connection:
            return list(connection.scalars(select(mails.c.folder).order_by(mails.c.id)))

    return folders


def raw(number, message_id="<{}@company.example>"):
    head = f"Message-ID: {message_id.format(number)}\r\n" if message_id else ""
    return f"{head}From: a@company.example\r\nSubject: {number}\r\n\r\nHello\r\n".encode()


def test_a_mail_lies_there_byte_for_byte_until_it_is_done(mailbox):
    content = raw(1) + bytes(range(256))

    delivered = mailbox.deliver(content)

    assert (delivered.key, delivered.raw) == ("1@company.example", content)
    assert mailbox.fetch() == mailbox.fetch() == [delivered]
    assert Mail.model_validate_json(delivered.model_dump_json()) == delivered


def test_the_oldest_come_first_and_no_more_than_were_asked_for(mailbox):
    delivered = [mailbox.deliver(raw(number)) for number in (2, 1, 3)]

    assert mailbox.fetch() == delivered
    assert mailbox.fetch(limit=2) == delivered[:2]
    mailbox.done(delivered[0])
    assert mailbox.fetch(limit=2) == delivered[1:]


def test_what_is_done_lies_in_its_folder_and_stays_there(mailbox, folders):
    delivered = [mailbox.deliver(raw(number)) for number in (1, 2, 3)]

    mailbox.done(delivered[0])
    mailbox.done(delivered[1], folder="Spam")
    mailbox.done(delivered[1], folder="Processed")

    assert folders() == ["Processed", "Spam", "INBOX"]
    assert mailbox.fetch() == delivered[2:]


def test_a_mail_that_was_never_there_is_no_error(mailbox):
    lying = mailbox.deliver(raw(1))

    for uid in ("mail:999999", "17", ""):
        mailbox.done(Mail(key=lying.key, uid=uid, raw=b""))
    # The server was rebuilt: another mail has the uid now.
    mailbox.done(Mail(key="2@company.example", uid=lying.uid, raw=b""))

    assert mailbox.fetch() == [lying]


def test_the_same_mail_twice_has_one_key_and_each_is_done_by_itself(mailbox):
    first, second = mailbox.deliver(raw(1)), mailbox.deliver(raw(1))

    assert first.key == second.key
    assert first.uid != second.uid
    mailbox.done(first)
    assert mailbox.fetch() == [second]


def test_without_a_message_id_the_bytes_make_the_key(mailbox):
    first, again, other = (mailbox.deliver(raw(number, message_id="")) for number in (1, 1, 2))

    assert first.key == again.key != other.key


def test_the_sample_mails_have_the_keys_that_reading_them_gives(mailbox):
    for sample in SAMPLES:
        mailbox.deliver(sample.read_bytes())

    fetched = mailbox.fetch()

    assert [mail.raw for mail in fetched] == [sample.read_bytes() for sample in SAMPLES]
    read = [read_email(EmailInput.model_validate(mail.raw)) for mail in fetched]
    assert [mail.key for mail in fetched] == [email.key for email in read]


def test_what_the_erp_gives_is_a_mailbox_that_mails_can_be_delivered_to(embedded):
    delivered = embedded.inbox.deliver(raw(1))

    assert embedded.inbox.fetch() == [delivered]
