"""The sample mails come out as a person reads them, and the held-out ones never wrong."""

from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from tasks.samples import sample_mails
from tasks.workflows.offers import email_from_file, emails_in, idempotency_key
from tests.unit.offers.company import HELDOUT, Desk, process

EXPECTED = yaml.safe_load((Path(__file__).parent / "expected.yaml").read_text(encoding="utf-8"))
HELD_OUT = yaml.safe_load((HELDOUT / "expected.yaml").read_text(encoding="utf-8"))


def test_every_sample_has_an_expectation():
    assert {path.name for path, _ in emails_in(sample_mails())} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_sample_is_read_as_a_person_reads_it(name):
    expected = EXPECTED[name]

    outcome = process(email_from_file(sample_mails() / name))

    customer = outcome.customer.customer
    assert (customer.code if customer else None) == expected.get("customer")
    assert outcome.lines == [(c, Decimal(a), u) for c, a, u in expected["lines"]]
    assert bool(outcome.offer) is ("asks" not in expected)
    _assert_said(outcome.questions, expected.get("asks", []))
    _assert_said(outcome.warnings, expected.get("warns", []))


def test_a_mail_that_comes_twice_makes_one_offer():
    desk = Desk()
    first = email_from_file(sample_mails() / "01-plain-list.eml")
    again = email_from_file(sample_mails() / "13-same-mail-again.eml")

    offers = [process(mail, desk).offer for mail in (first, again)]

    assert offers[0] == offers[1]
    assert len(desk.offers.made) == 1
    assert first == again  # the servers' traces apart, so the run is the same, too
    assert idempotency_key(first) == idempotency_key(again)


@pytest.mark.parametrize("name", HELD_OUT)
def test_a_held_out_mail_makes_the_right_offer_or_none(name):
    expected = HELD_OUT[name]

    outcome = process(email_from_file(HELDOUT / name))

    assert bool(outcome.offer) is expected["offered"]
    if outcome.offer:
        right = [(code, Decimal(amount)) for code, amount in expected["lines"]]
        assert [line[:2] for line in outcome.lines] == right


def _assert_said(sentences, words):
    said = "\n".join(sentences)
    assert [word for word in words if word not in said] == []
    assert bool(said) is bool(words)
