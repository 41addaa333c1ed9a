"""Holding bills against the stock, and asking the buyers, once a product."""

import pytest

from tasks.conversion import NotConvertible
from tasks.erp_errors import NotFound
from tasks.inventory.bills import BomCycle
from tasks.inventory.netting import MaterialsShort, ShortagePolicy
from tasks.inventory.reconciliation_steps import (
    cancel_purchases,
    find_wanted,
    reconcile_stock,
    request_purchase,
)
from tests.unit.production.recipes import line, named, quantity, wanted
from tests.unit.production.shop import DUE, attempt, order, workshop


def reconcile(shop, **more):
    return reconcile_stock("k", DUE, shop.boms, shop.products, shop.stock, **more)


def test_waves_and_purchases_have_keys_of_their_own():
    shop = workshop(starter="1", rail="3", box="9", bar="0.1")

    found = reconcile(shop, make=(named("panel", "2"),), origin="order:7")

    assert [[(one.key, str(one.quantity)) for one in wave] for wave in found.waves] == [
        [("k/rail", "4 pcs")],
        [("k/starter", "3 pcs")],
    ]
    assert [(one.key, one.code, str(one.quantity), one.origin) for one in found.purchases] == [
        ("k/relay", "RELAY", "3 pcs", "order:7"),
        ("k/bar", "BAR", "1.1 m", "order:7"),
    ]


def test_what_an_order_is_missing_is_held_against_the_stock_below_it():
    shop = workshop(starter="1", rail="2", box="9", relay="5", bar="9")
    made = order(shop)
    shop.orders.release(made.id)
    missing = shop.orders.reserve(made.id).missing

    found = reconcile(shop, missing=missing)

    assert [[one.key for one in wave] for wave in found.waves] == [["k/rail"], ["k/starter"]]
    assert found.purchases == ()


def test_a_policy_may_refuse():
    with pytest.raises(MaterialsShort, match="2 pcs of STARTER"):
        reconcile(
            workshop(rail="9", box="9"),
            make=(named("panel", "1"),),
            policy=ShortagePolicy.REFUSE,
        )


def test_a_circle_in_the_bills_ends_and_is_named():
    shop = workshop()
    shop.boms.lines = {**shop.boms.lines, "rail": [line("panel")]}

    with pytest.raises(BomCycle, match=r"PANEL -> RAIL -> PANEL|PANEL -> STARTER -> RAIL -> PANEL"):
        reconcile(shop, make=(named("panel", "1"),))


def test_one_request_a_product_and_what_is_here_is_not_given_back():
    shop = workshop()
    needs = reconcile(shop, make=(named("starter", "2"),)).purchases
    requests = tuple(request_purchase(need, shop.procurement) for need in needs for _ in range(2))
    assert len(shop.procurement.made) == len(needs) == 2

    shop.procurement.receive(requests[0].id)
    for _ in range(2):
        cancelled = cancel_purchases(requests[::2], shop.procurement, attempt())

    assert cancelled == 1
    assert [one.state for one in shop.procurement.made.values()] == ["received", "cancelled"]
    assert shop.stock.shelf == {needs[0].product: needs[0].quantity.amount}


def test_a_code_and_a_quantity_in_any_unit_mean_a_product_in_its_own():
    shop = workshop()

    assert find_wanted("PANEL", quantity("1 dozen"), shop.products) == wanted("panel", "12")
    with pytest.raises(NotFound, match="'PANE'"):
        find_wanted("PANE", quantity("1"), shop.products)
    with pytest.raises(NotConvertible, match="'m' measures length"):
        find_wanted("PANEL", quantity("1 m"), shop.products)
