"""Every refusal is one of the product's errors, says what to do, and survives being sent."""

import pickle

import pytest

from orchestrator.capacity.refusals import (
    Closed,
    InvalidAmount,
    PermitsClosed,
    PermitUnavailable,
    SessionEnded,
    UnknownResource,
)
from orchestrator.capacity.replies import Grant
from orchestrator.errors import InvalidInput, LostRace, Unavailable

REFUSALS = [
    (PermitsClosed("main", Closed.ROLLBACK), Unavailable),
    (PermitUnavailable("not in time", (Grant("x", 1, b"m"),)), Unavailable),
    (UnknownResource("nobody has registered 'a'"), InvalidInput),
    (InvalidAmount("4 of 3"), InvalidInput),
    (SessionEnded("beat first"), LostRace),
]


@pytest.mark.parametrize(("refusal", "family"), REFUSALS)
def test_a_refusal_survives_being_sent(refusal, family):
    copy = pickle.loads(pickle.dumps(refusal))  # noqa: S301 # our own

    assert isinstance(copy, family)
    assert type(copy) is type(refusal)
    assert (str(copy), vars(copy)) == (str(refusal), vars(refusal))


@pytest.mark.parametrize("why", Closed)
def test_a_closed_domain_says_which_and_what_to_do(why):
    sentence = str(PermitsClosed("main", why))

    assert sentence.startswith("domain 'main' grants nothing: ")
    assert any(word in sentence for word in ("rebuild", "read the epoch again", "try again"))
