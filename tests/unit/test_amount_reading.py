"""Amounts are exact, and an amount with two meanings has none."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.inventory.numbers import amount_of


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("12", "12"),
        ("1 200", "1200"),
        ("1.250", "1250"),
        ("1,250", "1250"),
        ("12.000.000", "12000000"),
        ("a dozen", "12"),
        ("2 dozen", "24"),
        ("kaksi tusinaa", "24"),
        ("ein dutzend", "12"),
        ("half a dozen", "6"),
        ("three hundred", "300"),
    ],
)
def test_what_is_counted_comes_whole(text, amount):
    assert amount_of(text, whole=True) == Decimal(amount)


@pytest.mark.parametrize(
    ("text", "amount"),
    [("2,5", "2.5"), ("2.5", "2.5"), ("1.250,50", "1250.50"), ("1,250.50", "1250.50")],
)
def test_what_is_measured_may_be_parted(text, amount):
    assert amount_of(text, whole=False) == Decimal(amount)


@pytest.mark.parametrize("text", ["1.250", "1,250", "1.2.3", "1,25,3"])
def test_a_measure_that_may_be_thousands_is_not_read(text):
    assert amount_of(text, whole=False) is None


@pytest.mark.parametrize("text", ["2,5", "0.5", "1.2.3"])
def test_half_of_what_is_counted_is_not_read(text):
    assert amount_of(text, whole=True) is None


@given(st.integers(1, 10**9 - 1), st.sampled_from([" ", ".", ","]))
def test_any_grouped_number_is_read_back(number, mark):
    written = f"{number:,}".replace(",", mark)

    assert amount_of(written, whole=True) == number
