"""Errors of one kind have one fingerprint."""

import pytest

from orchestrator.verbs.fingerprints import error_type, fingerprint


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("customer 4711 owes 12.50", "customer 9 owes 1,200.00"),
        ("no order 'A-17'", "no order 'B-2'"),
        ("run 0198a3bc77deadbeef00 is gone", "run 0198a3bc99cafebabe11 is gone"),
        ("at 12:30:01", "at 09:00:59"),
        ("no answer;  tried\n2 times", "no answer; tried 5 times"),
        ("no credit; undone: charge, reserve", "no credit; stands: mail (irrevocable)"),
    ],
)
def test_values_make_no_difference(one: str, other: str) -> None:
    told = [f"step 'charge' failed: NoCredit: {message}" for message in (one, other)]

    assert fingerprint(told[0]) == fingerprint(told[1])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("step 'a' failed: NoCredit: 1", "step 'a' failed: NoPaper: 1"),
        ("step 'a' failed: NoCredit: owes 1", "step 'a' failed: NoCredit: has 1"),
        ("the run took longer than 2 h", "step 'a' failed: NoCredit: 1"),
    ],
)
def test_the_class_and_the_words_do(one: str, other: str) -> None:
    assert fingerprint(one) != fingerprint(other)


def test_words_that_look_like_digits_are_words() -> None:
    assert fingerprint("a deadbeef facade") == "a deadbeef facade"


def test_an_error_of_no_step_has_no_class() -> None:
    assert error_type("the run took longer than 2 h") is None
