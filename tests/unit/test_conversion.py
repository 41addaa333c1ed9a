"""Units: exact there and back, refused where nobody can know."""

import math
import pickle
import subprocess
import sys
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.conversion import NotConvertible, convert, ratio, rounded
from tasks.erp_errors import Rejected
from tasks.values import Pack, Quantity

FAMILIES = (
    ("m", "km", "cm", "mm"),
    ("kg", "g", "t"),
    ("l", "ml"),
    ("h", "min"),
    ("pcs", "dozen", "gross"),
    *((unit,) for unit in "pair box pack roll can bottle tube set pallet".split()),
)
AMOUNTS = st.decimals(-(10**12), 10**12, places=6)
PAIRS = st.sampled_from(FAMILIES).flatmap(
    lambda family: st.tuples(st.sampled_from(family), st.sampled_from(family))
)
STRANGERS = st.tuples(st.sampled_from(FAMILIES), st.sampled_from(FAMILIES)).filter(
    lambda two: two[0] != two[1]
)


def quantity(text):
    amount, unit = text.split()
    return Quantity(amount=Decimal(amount), unit=unit)


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("3 dozen", "36 pcs"),
        ("36 pcs", "3 dozen"),
        ("2 gross", "24 dozen"),
        ("1.5 m", "1500 mm"),
        ("7 g", "0.007 kg"),
        ("90 min", "1.5 h"),
        ("-4 dozen", "-48 pcs"),
        ("0 mm", "0 km"),
        ("123456789012345678901234567890.5 km", "123456789012345678901234567890500 m"),
    ],
)
def test_a_quantity_in_another_unit(given, wanted):
    assert str(convert(quantity(given), wanted.split()[1])) == wanted


@given(AMOUNTS, PAIRS)
def test_there_and_back_is_the_same_or_is_refused_at_once(amount, units):
    start = Quantity(amount=amount, unit=units[0])
    try:
        there = convert(start, units[1])
    except NotConvertible:
        return

    assert convert(there, units[0]) == start


@given(st.integers(-(10**40), 10**40), PAIRS)
def test_what_is_rounded_is_off_by_less_than_one_of_the_other_unit(amount, units):
    start = Quantity(amount=Decimal(amount), unit=units[0])

    there = convert(start, units[1], rounding=math.floor)
    back = convert(there, units[0], rounding=math.ceil)

    assert (
        abs(back.amount - start.amount)
        <= convert(Quantity(amount=Decimal(1), unit=units[1]), units[0], rounding=math.ceil).amount
    )


@given(AMOUNTS, STRANGERS)
def test_what_measures_two_things_is_refused_whatever_the_amount(amount, families):
    source, target = families[0][0], families[1][-1]

    with pytest.raises(NotConvertible):
        convert(Quantity(amount=amount, unit=source), target, rounding=round)


@given(AMOUNTS, PAIRS)
def test_no_float_has_a_part_in_it(amount, units):
    there = convert(Quantity(amount=amount, unit=units[0]), units[1], rounding=round)

    assert type(there.amount) is Decimal
    assert Quantity.model_validate_json(there.model_dump_json()) == there


def test_a_float_cannot_enter():
    with pytest.raises(TypeError):
        convert(quantity("1 m") * 0.1, "mm")


def test_a_refusal_names_both_units_and_what_they_measure():
    with pytest.raises(NotConvertible, match="'kg' measures mass and 'm' measures length"):
        convert(quantity("1 kg"), "m")


def test_an_unknown_unit_is_refused_with_those_that_are_known():
    with pytest.raises(NotConvertible, match="'furlong' is unknown: write one of bottle, box"):
        convert(quantity("1 m"), "furlong")


def test_a_unit_nobody_knows_is_itself():
    assert convert(quantity("2 furlong"), "furlong") == quantity("2 furlong")


def test_what_is_not_exact_is_refused_until_somebody_says_how_to_round():
    with pytest.raises(NotConvertible, match=r"7 pcs is 0\.58\d+ dozen.*in 0 decimals"):
        convert(quantity("7 pcs"), "dozen")

    assert convert(quantity("7 pcs"), "dozen", rounding=math.ceil) == quantity("1 dozen")
    assert convert(quantity("7 pcs"), "dozen", rounding=math.floor) == quantity("0 dozen")
    assert convert(quantity("10 min"), "h", rounding=round) == quantity("0.166667 h")


def test_a_box_is_so_many_pieces_only_where_the_product_says_so():
    box = Pack(unit="box", holds=quantity("200 pcs"))

    with pytest.raises(NotConvertible, match="'box' measures boxes and 'pcs' measures pieces"):
        convert(quantity("3 box"), "pcs")

    assert convert(quantity("3 box"), "pcs", packs=[box]) == quantity("600 pcs")
    assert convert(quantity("3 box"), "dozen", packs=[box]) == quantity("50 dozen")
    assert convert(quantity("50 dozen"), "box", packs=[box]) == quantity("3 box")
    assert convert(quantity("201 pcs"), "box", packs=[box], rounding=math.ceil) == quantity("2 box")


def test_a_refusal_is_the_erps_kind_and_survives_pickle():
    error = NotConvertible("1 kg is no length")

    copy = pickle.loads(pickle.dumps(error))  # noqa: S301  # made one line above

    assert isinstance(copy, Rejected)
    assert str(copy) == str(error)


def test_pint_is_loaded_by_the_first_conversion_and_not_before():
    statement = "import sys, tasks.conversion; print('pint' in sys.modules)"

    shown = subprocess.run(
        [sys.executable, "-c", statement], capture_output=True, text=True, check=True
    )

    assert shown.stdout.split() == ["False"]


@given(AMOUNTS, PAIRS)
def test_a_ratio_is_what_a_quantity_is_converted_by(amount, units):
    exact = Fraction(amount) * ratio(*units)

    up, down = (rounded(exact, units[1], rounding).amount for rounding in (math.ceil, math.floor))

    assert Fraction(down) <= exact <= Fraction(up)
    assert convert(Quantity(amount=amount, unit=units[0]), units[1], rounding=math.ceil).amount in (
        (up, amount)
    )


def test_the_ratio_of_a_pack_is_what_it_holds():
    box = Pack(unit="box", holds=Quantity(amount=Decimal(200), unit="pcs"))

    assert ratio("box", "dozen", packs=[box]) == Fraction(50, 3)
    assert ratio("dozen", "box", packs=[box]) == Fraction(3, 50)
