"""Costing: what making something costs, and that the books say the same."""

from decimal import Decimal

import pytest

from tasks.accounting import AccountKind, balance, is_balanced
from tasks.erp_errors import NotFound
from tasks.values import Money
from tests.contracts.workshop import CABLE, LEAD

ZERO = Money.of(0)


def cost(workshop, order):
    return workshop.erp.costing.of(order.id)


def balances(workshop, order):
    """What the order did to the accounts, those it left as they were left out."""
    postings = workshop.erp.costing.postings(order.id)
    assert is_balanced(postings)
    sums = {kind: balance(postings, kind) for kind in AccountKind}
    return {kind: total for kind, total in sums.items() if total.amount}


def test_a_planned_order_costs_what_its_materials_would_and_posts_nothing(workshop):
    order = workshop.draft(LEAD, "2")

    planned = cost(workshop, order)

    # 50.5 m of 1.38, two plugs and two couplers of 3.70
    assert planned.material == planned.total == Money.of("84.49")
    assert planned.labour == ZERO
    assert workshop.erp.costing.postings(order.id) == []


def test_starting_moves_the_materials_from_stock_to_production(workshop):
    order = workshop.running(LEAD, "2")

    assert cost(workshop, order).material == Money.of("84.49")
    assert balances(workshop, order) == {
        AccountKind.PRODUCTION: Money.of("84.49"),
        AccountKind.STOCK: Money.of("-84.49"),
    }


def test_work_is_taken_up_by_production_until_it_is_taken_back(workshop):
    order = workshop.running(LEAD, "2")
    workshop.work(order, "1.5")

    assert cost(workshop, order).labour == Money.of("49.50")
    assert cost(workshop, order).total == Money.of("133.99")
    assert balances(workshop, order)[AccountKind.LABOUR] == Money.of("-49.50")

    booking = workshop.erp.production_orders.find_work("work")
    workshop.erp.production_orders.unbook_work(booking.id)

    assert cost(workshop, order).labour == ZERO
    assert AccountKind.LABOUR not in balances(workshop, order)
    assert balances(workshop, order)[AccountKind.PRODUCTION] == Money.of("84.49")


def test_a_done_order_leaves_nothing_in_production_and_its_cost_on_the_shelf(workshop):
    before = workshop.worth(LEAD)
    order = workshop.done(LEAD, "2")

    assert cost(workshop, order).total == Money.of("117.49")  # 84.49 and an hour of 33.00
    assert balances(workshop, order) == {
        AccountKind.STOCK: Money.of("33.00"),
        AccountKind.LABOUR: Money.of("-33.00"),
    }
    gained = workshop.worth(LEAD) - before
    assert abs(gained - Decimal("117.49")) <= Decimal("0.01")  # the average has four decimals


def test_the_good_ones_bear_the_cost_of_the_scrap(workshop):
    order = workshop.running(LEAD, "2")
    workshop.scrap(order, "1")
    workshop.check(order, "1")
    before = workshop.worth(LEAD)

    workshop.erp.production_orders.finish(order.id)

    assert cost(workshop, order).total == Money.of("84.49")
    assert abs(workshop.worth(LEAD) - before - Decimal("84.49")) <= Decimal("0.01")


def test_when_all_is_scrapped_its_cost_is_written_off(workshop):
    order = workshop.running(LEAD, "2")
    workshop.scrap(order, "2")
    workshop.check(order, "1")

    workshop.erp.production_orders.finish(order.id)

    assert balances(workshop, order) == {
        AccountKind.OTHER: Money.of("84.49"),
        AccountKind.STOCK: Money.of("-84.49"),
    }


@pytest.mark.parametrize("upto", ["draft", "reserved", "running"])
def test_a_cancelled_order_has_cost_nothing(workshop, upto):
    worth = workshop.worth(CABLE)
    getattr(workshop, upto)(LEAD, "2")
    order = workshop.erp.production_orders.find("order")

    workshop.erp.production_orders.cancel(order.id)

    assert cost(workshop, order).total == ZERO
    assert balances(workshop, order) == {}
    assert workshop.worth(CABLE) == worth


def test_parts_that_were_made_carry_their_own_cost_into_what_they_go_in(workshop):
    starters = workshop.running("MSU-75", "2", "starters")
    workshop.check(starters, "1.5", key="torque")
    workshop.erp.production_orders.finish(starters.id)
    worth, on_hand = workshop.worth("MSU-75"), workshop.on_hand("MSU-75")

    workshop.running("PCP-2", "1", "panel")

    taken = worth - workshop.worth("MSU-75")
    assert on_hand == 4
    assert abs(taken - worth / 2) <= Decimal("0.01")


def test_what_was_made_for_a_sale_is_its_cost_of_sales_to_the_cent(workshop):
    workshop.ship(LEAD, "12", "those of before")
    order = workshop.done(LEAD, "7")  # 328.78, which seven do not divide

    postings = workshop.ship(LEAD, "7")

    total = cost(workshop, order).total
    assert total == Money.of("328.78")
    assert balance(postings, AccountKind.COST_OF_SALES) == total
    assert balance(postings, AccountKind.STOCK) == Money.of(-total.amount)
    assert workshop.worth(LEAD) == 0


def test_sold_one_by_one_they_cost_the_same_but_for_the_rest_of_each_cent(workshop):
    workshop.ship(LEAD, "12", "those of before")
    order = workshop.done(LEAD, "7")

    each = [
        balance(workshop.ship(LEAD, "1", f"sale {turn}"), AccountKind.COST_OF_SALES).amount
        for turn in range(7)
    ]

    assert max(each) - min(each) == 0
    assert abs(sum(each) - cost(workshop, order).total.amount) <= 7 * Decimal("0.005")
    assert workshop.worth(LEAD) == 0


def test_every_posting_names_the_order_that_it_stands_for(workshop):
    order = workshop.done()

    assert {posting.document for posting in workshop.erp.costing.postings(order.id)} == {order.id}


def test_an_id_that_no_order_has_is_said_back(workshop):
    for verb in (workshop.erp.costing.of, workshop.erp.costing.postings):
        with pytest.raises(NotFound, match="'production_order:999999'"):
            verb("production_order:999999")
