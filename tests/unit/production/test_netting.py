"""Needs held against the stock: shared parts once, level by level, by policy."""

from collections import Counter
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.inventory.bills import BomCycle
from tasks.inventory.netting import MaterialsShort, NotMade, ShortagePolicy, needs_of, net
from tests.unit.production.recipes import bills, line, quantity, wanted

PANEL = bills(
    {
        "panel": [line("starter", "2"), line("rail", "2"), line("box")],
        "starter": [line("rail"), line("relay")],
        "rail": [line("bar", "3.0 m", per="10", scrap="5")],
    },
    bar="m",
)


def reconcile(orders, free, policy=ShortagePolicy.MAKE, recipes=PANEL):
    stock = {name: Decimal(amount) for name, amount in free.items()}
    return net(needs_of(orders, recipes), recipes, stock, policy)


def told(lines):
    return {one.product: str(one.quantity) for one in lines}


def test_a_part_that_goes_into_two_others_is_held_against_the_stock_once():
    found = reconcile([wanted("panel", "5")], {"rail": "12", "starter": "4", "relay": "3"})

    rail = next(pick for pick in found.picks if pick.product == "rail")
    assert str(rail.needed) == "16 pcs"  # 10 for the panels, 6 for the starters that are short
    assert (str(rail.from_stock), str(rail.short)) == ("12 pcs", "4 pcs")
    assert told(found.purchases) == {"box": "5 pcs", "relay": "3 pcs", "bar": "1.26 m"}


def test_what_is_made_comes_in_waves_the_materials_first():
    found = reconcile([wanted("panel", "1")], {})

    assert [told(wave) for wave in found.waves] == [{"rail": "4 pcs"}, {"starter": "2 pcs"}]


def test_parts_that_do_not_need_each_other_are_made_beside_each_other():
    recipes = bills({"top": [line("a"), line("b")], "a": [line("x")], "b": [line("x")]})

    found = reconcile([wanted("top", "1")], {}, recipes=recipes)

    assert [set(told(wave)) for wave in found.waves] == [{"a", "b"}]


def test_a_stock_that_has_all_asks_for_nothing():
    found = reconcile([wanted("panel", "1")], {"starter": "2", "rail": "9", "box": "1"})

    assert found.waves == found.purchases == ()
    assert {pick.product: str(pick.from_stock) for pick in found.picks} == {
        "starter": "2 pcs",
        "rail": "2 pcs",
        "box": "1 pcs",
    }


def test_what_is_oversold_counts_as_nothing():
    found = reconcile([wanted("starter", "1")], {"rail": "-3", "relay": "1"})

    assert told(found.waves[0]) == {"rail": "1 pcs"}


def test_a_policy_may_buy_everything():
    found = reconcile([wanted("panel", "1")], {}, ShortagePolicy.BUY)

    assert found.waves == ()
    assert told(found.purchases) == {"starter": "2 pcs", "rail": "2 pcs", "box": "1 pcs"}


def test_a_policy_may_refuse_and_names_all_that_is_short():
    with pytest.raises(MaterialsShort, match="lacks 2 pcs of STARTER; 1 pcs of BOX: make or buy"):
        reconcile([wanted("panel", "1")], {"rail": "2"}, ShortagePolicy.REFUSE)


def test_what_is_counted_in_tenths_is_asked_for_in_tenths():
    coarse = type(PANEL)(
        PANEL.lines,
        {
            **PANEL.products,
            "bar": PANEL.products["bar"].model_copy(update={"digits": 1}),
        },
    )

    found = reconcile([wanted("rail", "4")], {"bar": "0.99"}, recipes=coarse)

    (bar,) = found.picks
    assert (str(bar.needed), str(bar.from_stock), str(bar.short)) == ("1.3 m", "0.9 m", "0.4 m")


def test_what_has_no_bill_cannot_be_made():
    with pytest.raises(NotMade, match="BOX has no bill"):
        reconcile([wanted("box", "1")], {})


def test_a_circle_below_is_refused():
    recipes = bills({"a": [line("b")], "b": [line("c")], "c": [line("b")]})

    with pytest.raises(BomCycle, match="B -> C -> B"):
        reconcile([wanted("a", "1")], {}, recipes=recipes)


@st.composite
def recipes_and_stock(draw):
    """Draw bills of up to six levels, later names going into earlier ones, and a stock."""
    names = [f"p{number}" for number in range(draw(st.integers(2, 9)))]
    lines = {}
    for place, name in enumerate(names[:-1]):
        below = draw(st.lists(st.sampled_from(names[place + 1 :]), unique=True, max_size=4))
        if below or not place:
            lines[name] = [
                line(
                    part,
                    str(draw(st.integers(1, 9))),
                    per=str(draw(st.integers(1, 4))),
                    scrap=str(draw(st.integers(0, 30))),
                )
                for part in below or names[1:2]
            ]
    stock = {name: Decimal(draw(st.integers(-5, 200))) for name in names}
    return bills(lines), stock, draw(st.integers(1, 50))


@given(recipes_and_stock())
def test_no_stock_is_used_twice_and_no_need_is_forgotten(drawn):
    recipes, stock, amount = drawn
    top = wanted("p0", str(amount))

    found = net(needs_of([top], recipes), recipes, stock)

    orders = [top, *(order for wave in found.waves for order in wave)]
    needed = Counter({name: taken.amount for name, taken in needs_of(orders, recipes).items()})
    assert {pick.product: pick.needed.amount for pick in found.picks} == needed
    assert len({pick.product for pick in found.picks}) == len(found.picks)
    short = {one.product: one.quantity for one in (*orders[1:], *found.purchases)}
    for pick in found.picks:
        assert pick.from_stock.amount == min(max(stock[pick.product], 0), pick.needed.amount)
        assert pick.from_stock + pick.short == pick.needed
        assert short.get(pick.product, quantity("0")) == pick.short


@given(recipes_and_stock())
def test_a_wave_needs_only_what_waves_before_it_made(drawn):
    recipes, stock, amount = drawn

    found = net(needs_of([wanted("p0", str(amount))], recipes), recipes, stock)

    to_make = {order.product for wave in found.waves for order in wave}
    done = set()
    for wave in found.waves:
        for order in wave:
            assert set(recipes.takes(order.product, order.quantity)) & to_make <= done
        done |= {order.product for order in wave}


@given(recipes_and_stock(), st.randoms(use_true_random=False))
def test_the_order_of_the_bills_changes_nothing(drawn, rng):
    recipes, stock, amount = drawn
    shuffled = list(recipes.lines.items())
    rng.shuffle(shuffled)
    needs = needs_of([wanted("p0", str(amount))], recipes)

    one = net(needs, recipes, stock)
    other = net(needs, type(recipes)(dict(shuffled), recipes.products), stock)

    assert {pick.product: pick for pick in one.picks} == {p.product: p for p in other.picks}
    assert [set(told(wave)) for wave in one.waves] == [set(told(wave)) for wave in other.waves]
