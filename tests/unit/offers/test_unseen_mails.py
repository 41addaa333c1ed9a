"""Mails by somebody who had not seen the parser come out right, or go to a person.

They were written, with what they ask for, before the reader could read them all, and then
used to develop it: when they were new, 15 of the 21 clear ones made the right offer and one
that is unclear made a wrong one. So they show what is read today, not how the next mail fares.
"""

from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from tasks.workflows.offers import email_from_file, emails_in
from tests.unit.offers.company import process

UNSEEN = Path(__file__).parent / "unseen"
TRUTH = yaml.safe_load((UNSEEN / "truth.yaml").read_text(encoding="utf-8"))
CLEAR = [name for name, truth in TRUTH.items() if "lines" in truth]
UNCLEAR = [name for name in TRUTH if name not in CLEAR]

#: Words of the question that each reason must lead to.
ASKED = {
    "unknown customer": "no customer we know",
    "no product": "no product that could be read",
    "ambiguous product": "may be more than one product",
    "unit doubtful": "how many?",
    "product not in the catalogue": "is not a product we know",
    "no quantity": "what is to be offered?",
    "quantity unclear": "is not exact",
}


def test_every_mail_has_a_truth():
    assert {path.name for path, _ in emails_in(UNSEEN)} == set(TRUTH)


@pytest.mark.parametrize("name", CLEAR)
def test_a_clear_mail_makes_the_right_offer(name):
    truth = TRUTH[name]

    outcome = process(email_from_file(UNSEEN / name))

    assert outcome.questions == ()
    assert outcome.customer.customer.code == truth["customer"]
    assert outcome.lines == [(code, Decimal(amount), unit) for code, amount, unit in truth["lines"]]
    assert outcome.offer


@pytest.mark.parametrize("name", UNCLEAR)
def test_an_unclear_mail_goes_to_a_person_for_its_reason(name):
    outcome = process(email_from_file(UNSEEN / name))

    assert outcome.offer is None
    assert ASKED[TRUTH[name]["person"]] in "\n".join(outcome.questions)
