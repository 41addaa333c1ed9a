"""The arithmetic of bills of material: pure rules, whichever ERP keeps them."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from tasks.adapters.rules.recipes import Line, Recipe, exact_materials, rounded_up


def decimals(least, most, digits):
    # From whole numbers, which hypothesis draws ten times as fast as decimals.
    return st.integers(least, most).map(lambda number: Decimal(number).scaleb(-digits))


amounts, scraps, orders = decimals(1, 10**6, 3), decimals(0, 500, 1), decimals(1, 10**5, 1)


def lines(parts, *, kits):
    line = st.builds(Line, parts, st.just(kits), amounts, st.just("pcs"), scraps)
    return st.lists(line, max_size=2).map(tuple)


def bill(number, deeper):
    """A bill of parts, and of kits with greater numbers than its own."""
    parts = lines(st.integers(100, 102), kits=False)
    kits = lines(st.sampled_from(deeper), kits=True) if deeper else st.just(())
    both = st.tuples(parts, kits).map(lambda pair: pair[0] + pair[1])
    return st.builds(Recipe, st.just(number), amounts, st.just("pcs"), both)


def bills():
    """A bill whose kits may have kits."""
    return st.fixed_dictionaries({1: bill(1, (2, 3)), 2: bill(2, (3,)), 3: bill(3, ())})


def needed(recipes, quantity):
    return exact_materials(recipes[1], quantity, recipes.__getitem__)


@given(bills(), orders, orders)
def test_what_two_orders_take_is_what_one_of_both_takes(recipes, first, second):
    apart, other = needed(recipes, first), needed(recipes, second)

    assert needed(recipes, first + second) == {
        product: amount + other[product] for product, amount in apart.items()
    }


@given(bills(), orders)
def test_what_is_planned_covers_what_is_needed_by_less_than_a_step(recipes, quantity):
    for amount in needed(recipes, quantity).values():
        for digits in range(3):
            planned = rounded_up(amount, digits)

            assert amount <= Fraction(planned) < amount + Fraction(1, 10**digits)
            assert -planned.as_tuple().exponent == digits


@given(bills(), orders)
def test_a_kit_s_lines_written_out_take_the_same(recipes, quantity):
    """Replace each kit of the bill by its lines, scaled by hand."""
    made = recipes[1]
    by_hand = {}
    for line in made.lines:
        share = quantity_of(line, made) * Fraction(quantity)
        inside = needed_of_kit(recipes, line.part, share) if line.is_kit else {line.part: share}
        for product, amount in inside.items():
            by_hand[product] = by_hand.get(product, 0) + amount

    assert needed(recipes, quantity) == by_hand


def quantity_of(line, made):
    scrap = 1 + Fraction(line.scrap_percent) / 100
    return Fraction(line.quantity) / Fraction(made.quantity) * scrap


def needed_of_kit(recipes, kit, amount):
    return exact_materials(recipes[kit], amount, recipes.__getitem__)


@given(bills(), orders)
def test_scrap_only_ever_takes_more(recipes, quantity):
    def without_scrap(recipe):
        bare = tuple(replace(line, scrap_percent=Decimal(0)) for line in recipe.lines)
        return replace(recipe, lines=bare)

    bare = needed({number: without_scrap(recipe) for number, recipe in recipes.items()}, quantity)

    assert all(amount >= bare[product] for product, amount in needed(recipes, quantity).items())


def test_rounding_up_leaves_what_is_exact():
    assert rounded_up(Fraction(25), 1) == Decimal("25.0")
    assert rounded_up(Fraction(2496, 100), 1) == Decimal("25.0")
    assert rounded_up(Fraction(1, 10**9), 0) == 1
