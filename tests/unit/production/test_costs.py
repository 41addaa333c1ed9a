"""What an order costs is what the ledger says, or the difference is named."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.accounting import AccountKind, Posting
from tasks.billing.cost_rules import differences
from tasks.billing.cost_steps import CostsDisagree, state_costs
from tasks.inventory.costing_steps import book_labour, read_costs, unbook_labour
from tasks.scheduling.production_steps import price_labour
from tasks.shop_floor import LabourReport, OrderCosts
from tasks.values import Money
from tests.fakes import TODAY
from tests.unit.production.shop import EARTH, PEOPLE, TORQUE, full_workshop, running

CENTS = st.decimals(0, 100_000, places=2)
HOURS = st.decimals("0.05", 12, places=2)


def book(shop, made, *hours):
    reports = tuple(
        LabourReport(
            key=f"h{number}", person=f"{person}@works.example", hours=Decimal(amount), on=TODAY
        )
        for number, (person, amount) in enumerate(hours)
    )
    return tuple(
        book_labour(made.id, labour, shop.orders, shop.costing)
        for labour in price_labour(reports, PEOPLE, shop.rates)
    )


def finished(shop, made):
    for plan in (EARTH, TORQUE):
        check = shop.quality.open(plan.id, made.id, plan.id)
        good = {point.name: point.low or point.high or Decimal(1) for point in plan.points}
        shop.quality.record(check.id, good)
    return shop.orders.finish(made.id)


def test_the_cost_is_known_after_each_booking():
    shop = full_workshop()
    made = running(shop)  # five materials for 1.00 each

    booked = book(shop, made, ("ann", "1.5"), ("bo", "0.25"))

    assert [str(one.total) for one in booked] == ["54.50 EUR", "62.38 EUR"]


def test_hours_are_booked_once_a_key_and_may_be_taken_back():
    shop = full_workshop()
    made = running(shop)

    first, again = book(shop, made, ("ann", "1")), book(shop, made, ("ann", "1"))
    unbook_labour(first[0].booking, shop.orders)

    assert first == again
    assert str(read_costs(made.id, shop.orders, shop.costing).total) == "5.00 EUR"


@given(st.lists(st.tuples(st.sampled_from(["ann", "bo"]), HOURS.map(str)), max_size=5))
def test_at_the_end_the_cost_of_the_goods_is_what_was_posted(hours):
    shop = full_workshop()
    made = running(shop)
    booked = book(shop, made, *hours)

    at_work = state_costs(read_costs(made.id, shop.orders, shop.costing), booked)
    finished(shop, made)
    done = state_costs(read_costs(made.id, shop.orders, shop.costing), booked)

    assert at_work.cost_of_goods is None
    assert done.cost_of_goods == done.total == at_work.total
    assert done.total == done.material + done.labour


def posting(kind, debit="0.00", credit="0.00"):
    return Posting(
        date=TODAY,
        account=kind.value,
        kind=kind,
        text="",
        debit=Money.of(debit),
        credit=Money.of(credit),
        document="order:1",
    )


def costs(material, labour, *, postings, done=True, good="1"):
    total = Money.of(material) + Money.of(labour)
    return OrderCosts(
        number="MO-1",
        done=done,
        good=Decimal(good),
        material=Money.of(material),
        labour=Money.of(labour),
        total=total,
        postings=tuple(postings),
    )


def posted(material, labour, goods):
    return [
        posting(AccountKind.STOCK, credit=material),
        posting(AccountKind.PRODUCTION, debit=material),
        posting(AccountKind.LABOUR, credit=labour),
        posting(AccountKind.PRODUCTION, debit=labour),
        posting(AccountKind.PRODUCTION, credit=goods),
        posting(AccountKind.STOCK, debit=goods),
    ]


def test_a_difference_is_named_with_both_amounts():
    wrong = costs("10.00", "5.00", postings=posted("10.00", "4.00", "15.00"))

    with pytest.raises(CostsDisagree) as refused:
        state_costs(wrong)

    assert str(refused.value) == (
        "the costs of order MO-1 do not agree: the labour is 5.00 EUR by its cost and 4.00 EUR by "
        "its postings, 1.00 EUR more; what is still in production is 0 EUR by its cost and "
        "-1.00 EUR by its postings, 1.00 EUR more"
    )


def written_off(material, amount, *, goods):
    away = [
        posting(AccountKind.OTHER, debit=amount),
        posting(AccountKind.PRODUCTION, credit=amount),
    ]
    return posted(material, "0.00", goods) + away


def test_an_erp_may_lose_by_rounding_what_rounding_takes_and_no_more():
    cent = written_off("10.00", "0.01", goods="9.99")
    euro = written_off("10.00", "1.00", goods="9.00")

    assert str(state_costs(costs("10.00", "0.00", postings=cent)).cost_of_goods) == "9.99 EUR"
    with pytest.raises(CostsDisagree, match="EUR of its cost went to no goods"):
        state_costs(costs("10.00", "0.00", postings=euro))


def test_what_is_all_scrapped_goes_to_no_goods():
    nothing_good = written_off("10.00", "10.00", goods="0.00")

    stated = state_costs(costs("10.00", "0.00", postings=nothing_good, good="0"))

    assert str(stated.cost_of_goods) == "0.00 EUR"


def test_hours_booked_at_another_rate_are_named():
    shop = full_workshop()
    made = running(shop)
    (one,) = book(shop, made, ("ann", "1"))
    other = one.model_copy(update={"priced": Money.of("30.00")})

    with pytest.raises(CostsDisagree, match=r"'h0' are booked at 33.00 EUR, and cost 30.00 EUR"):
        state_costs(read_costs(made.id, shop.orders, shop.costing), (other,))


def test_books_that_do_not_balance_are_refused_at_work_already():
    half = [posting(AccountKind.STOCK, credit="10.00")]

    assert differences(costs("10.00", "0.00", postings=half, done=False)) == [
        "debit and credit of its postings differ"
    ]


@given(CENTS, CENTS, CENTS, CENTS, CENTS)
def test_only_what_is_posted_to_the_cent_agrees(material, labour, by_stock, by_hours, goods):
    said = costs(material, labour, postings=posted(by_stock, by_hours, goods))

    agrees = (by_stock, by_hours, goods) == (material, labour, material + labour)

    assert (differences(said) == []) == agrees
    exact = costs(material, labour, postings=posted(material, labour, material + labour))
    assert differences(exact) == []
