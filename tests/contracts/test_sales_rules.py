"""What a line and an offer come to: pure rules of the embedded ERP."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.adapters.embedded.sales.pricing import Rule, unit_price
from tasks.adapters.embedded.sales.rules import Article, kept, totals
from tasks.billing.contracts import OfferDraftLine, OfferLine
from tasks.erp_errors import Rejected
from tasks.values import Money, Quantity

BOLT = Article(1, "B", "Bolt", "fasteners", "pcs", 0, Decimal("1.00"), Decimal("25.5"))


def line(amount, rate):
    money = Money.of(amount)
    one = Quantity(amount=Decimal(1), unit="pcs")
    return OfferLine(
        product="p", text="", quantity=one, unit_price=money, amount=money, tax_rate=Decimal(rate)
    )


def draft(amount="1", price="1.00", currency="EUR"):
    return OfferDraftLine(
        product="p",
        quantity=Quantity(amount=Decimal(amount), unit="pcs"),
        unit_price=Money.of(price, currency),
    )


def test_tax_is_rounded_once_a_rate_not_once_a_line():
    lines = [line("0.10", "25.5")] * 3  # 0.0255 each: three lines rounded apart would be 0.09

    assert totals(lines) == (Money.of("0.30"), Money.of("0.08"))


def test_tax_is_taken_of_what_lines_come_to_before_they_are_rounded():
    lines = [kept(draft("1", "0.005"), BOLT)] * 20

    assert totals(lines) == (Money.of("0.00"), Money.of("0.03"))  # 25.5 % of ten cents


def test_each_rate_is_taxed_on_its_own():
    net, tax = totals([line("100.00", "25.5"), line("10.00", "13.5"), line("0.10", "25.5")])

    assert (net, tax) == (Money.of("110.10"), Money.of("26.88"))  # 25.53 (25.5255) and 1.35


@pytest.mark.parametrize(
    ("amount", "price", "comes_to"), [("1", "0.125", "0.12"), ("3", "0.125", "0.38")]
)
def test_half_a_cent_goes_to_the_even_one(amount, price, comes_to):
    assert kept(draft(amount, price), BOLT).amount == Money.of(comes_to)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (draft(price="-0.01"), "no unit price of 'B'"),
        (draft(price="0.00001"), "at most 4 decimals"),
        (draft(price="1e9"), "below 1000000000"),
        (draft(currency="SEK"), "this ERP sells in EUR"),
        (draft(amount="0"), "more than nothing"),
    ],
)
def test_a_line_the_erp_does_not_take_is_refused_with_the_reason(wrong, sentence):
    with pytest.raises(Rejected, match=sentence):
        kept(wrong, BOLT)


@given(
    st.lists(
        st.tuples(st.decimals(0, 10**6, places=2), st.sampled_from(["0", "13.5", "25.5"])),
        min_size=1,
    )
)
def test_totals_do_not_depend_on_the_order_of_the_lines(parts):
    lines = [line(amount, rate) for amount, rate in parts]

    net, tax = totals(lines)

    assert (net, tax) == totals(lines[::-1])
    assert net == sum((item.amount for item in lines), Money.of("0.00"))
    exact = sum(amount * Decimal(rate) / 100 for amount, rate in parts)
    assert abs(tax.amount - exact) <= Decimal("0.015")  # half a cent for each of three rates


def test_the_most_particular_rule_decides_then_the_greatest_quantity():
    everything = Rule(None, None, Decimal(1), Decimal(50), None)
    category = Rule(None, "fasteners", Decimal(1), Decimal(10), None)
    by_hundred = Rule(None, "fasteners", Decimal(100), Decimal(20), None)
    agreed = Rule(1, None, Decimal(500), None, Decimal("0.7777"))
    rules = [agreed, everything, by_hundred, category]

    prices = [unit_price(BOLT, Decimal(amount), rules) for amount in (1, 99, 100, 499, 500)]

    assert prices == [Decimal(p) for p in ("0.90", "0.90", "0.80", "0.80", "0.7777")]


def test_rules_for_other_things_say_nothing():
    others = [
        Rule(2, None, Decimal(1), Decimal(50), None),
        Rule(None, "cables", Decimal(1), Decimal(50), None),
        Rule(None, None, Decimal(10), Decimal(50), None),
    ]

    assert unit_price(BOLT, Decimal(9), others) == BOLT.list_price
