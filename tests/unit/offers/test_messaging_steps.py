"""Messaging's steps, each alone."""

import pytest

from orchestrator import Attempt
from tasks.messaging.contracts import Email
from tasks.messaging.mail_reading import EmailInput
from tasks.messaging.steps import extract_company, hand_over, parse_email
from tests.fakes import FakeHandovers


@pytest.fixture
def attempt():
    return Attempt(run_id="run", step="step", number=1)


EMAIL = Email(key="k1", sender="anna@firm.example", subject="Offer", signature="Firm Oy")


def test_parse_email_warns_of_an_attachment_that_was_not_read(attempt):
    raw = (
        "From: a@x.example\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n"
        "--b\nContent-Type: text/plain\n\n5 pcs nut\n"
        '--b\nContent-Disposition: attachment; filename="list.pdf"\n\nx\n'
        '--b\nContent-Type: image/png\nContent-Disposition: attachment; filename="logo.png"\n\nx\n'
        "--b--\n"
    )

    email = parse_email(EmailInput(raw=raw), attempt)

    assert email.attachments == ("list.pdf", "logo.png")
    assert attempt.warnings == ["attachment 'list.pdf' was not read: only the text of the mail was"]


def test_extract_company_gathers_the_clues():
    company = extract_company(EMAIL)

    assert (company.email, company.domain) == ("anna@firm.example", "firm.example")
    assert company.names == ("Firm Oy",)


def test_hand_over_asks_every_question_once(attempt):
    desk = FakeHandovers()

    handover = hand_over(EMAIL, attempt, desk, ("who?",), ("which nut?", "who?"))

    assert handover.reasons == ("who?", "which nut?")
    assert desk.open() == [handover]


def test_a_mail_is_handed_over_once_however_often_it_comes(attempt):
    desk = FakeHandovers()

    first = hand_over(EMAIL, attempt, desk, ("who?",))
    again = hand_over(EMAIL, Attempt(run_id="other", step="step", number=1), desk, ("who?",))

    assert again == first
    assert len(desk.open()) == 1


def test_another_mail_of_the_sender_that_waits_is_mentioned(attempt):
    desk = FakeHandovers()
    hand_over(EMAIL.model_copy(update={"key": "k0"}), attempt, desk, ("who?",))

    hand_over(EMAIL, attempt, desk, ("who?",))

    assert attempt.warnings == [
        "mail 'Offer' of anna@firm.example waits for a person, too: handover handover:1"
    ]
