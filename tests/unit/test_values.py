"""Values: exact, frozen, and the same after a journey as JSON."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tasks.values import Money, Product, Quantity, Wanted

AMOUNTS = st.decimals(-(10**12), 10**12, places=4)


@given(AMOUNTS)
def test_money_comes_back_from_json_digit_for_digit(amount):
    money = Money(amount=amount)

    back = Money.model_validate_json(money.model_dump_json())

    assert str(back.amount) == str(money.amount)


def test_json_holds_digits_not_a_float():
    assert Money.of("0.10").model_dump_json() == '{"amount":"0.10","currency":"EUR"}'


@given(AMOUNTS, AMOUNTS)
def test_what_is_added_can_be_taken_away(one, other):
    assert Money(amount=one) + Money(amount=other) - Money(amount=other) == Money(amount=one)


@pytest.mark.parametrize(
    ("amount", "rounded"),
    [("0.125", "0.12"), ("0.135", "0.14"), ("-0.125", "-0.12"), ("1", "1.00"), ("0.1251", "0.13")],
)
def test_half_a_cent_goes_to_the_even_one(amount, rounded):
    assert str(Money.of(amount).rounded()) == f"{rounded} EUR"


def test_two_currencies_are_not_added():
    with pytest.raises(ValueError, match="1 EUR and 1 SEK have two currencies"):
        Money.of(1) + Money.of(1, "SEK")


@pytest.mark.parametrize("wrong", ["NaN", "Infinity", "twelve", ""])
def test_only_numbers_are_amounts(wrong):
    with pytest.raises(ValidationError):
        Money.model_validate({"amount": wrong})


@pytest.mark.parametrize("wrong", ["eur", "EURO", ""])
def test_a_currency_is_three_capitals(wrong):
    with pytest.raises(ValidationError):
        Money.of("1", wrong)


def test_values_do_not_change_and_know_their_fields():
    quantity = Quantity(amount=Decimal("2.5"), unit="m")

    with pytest.raises(ValidationError, match="frozen"):
        quantity.amount = Decimal(3)
    with pytest.raises(ValidationError, match="extra"):
        Quantity.model_validate({"amount": "1", "unit": "m", "colour": "red"})


def test_values_read_as_people_write_them():
    assert str(Quantity(amount=Decimal("1E+3"), unit="m")) == "1000 m"
    assert str(Money.of("12.50") * 3) == "37.50 EUR"


def test_values_inside_values_travel_too():
    product = Product(id="product:1", code="B", name="Bolt", unit="pcs")
    wanted = Wanted(product=product.id, quantity=Quantity(amount=Decimal("0.30"), unit="m"))

    assert Wanted.model_validate_json(wanted.model_dump_json()) == wanted
