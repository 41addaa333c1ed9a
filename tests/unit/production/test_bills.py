"""What one takes: kits opened, scrap on scrap, units converted; no product needs itself."""

import math
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.errors import DoNotRetry
from tasks.conversion import NotConvertible
from tasks.inventory.bills import Bills, BomCycle
from tasks.values import Pack
from tests.unit.production.recipes import bills, line, product, quantity

AMOUNTS = st.decimals("0.1", 1000, places=1)


def taken(found):
    return {name: str(amount) for name, amount in found.items()}


def test_scrap_is_taken_on_top_and_whole_pieces_are_rounded_up_once():
    panel = bills({"panel": [line("terminal", "12", scrap="2")]})

    assert taken(panel.takes("panel", quantity("1"))) == {"terminal": "13 pcs"}
    assert taken(panel.takes("panel", quantity("3"))) == {"terminal": "37 pcs"}


def test_a_kit_is_opened_and_its_scrap_comes_on_top_of_its_lines():
    cabinet = bills(
        {
            "cabinet": [line("wiring", "2", scrap="10", kit=True), line("wire", "1 m")],
            "wiring": [line("wire", "6.0 m", scrap="5"), line("label", "1")],
        },
        wire="m",
    )

    found = cabinet.takes("cabinet", quantity("10"))

    assert taken(found) == {"wire": "148.6 m", "label": "22 pcs"}  # 10 * (2 * 1.1 * 6 * 1.05 + 1)


def test_a_line_may_be_for_many_and_in_another_unit_than_the_shelf():
    rail = bills({"rail": [line("bar", "300 mm", per="1 dozen")]}, bar="m")

    assert taken(rail.takes("rail", quantity("36"))) == {"bar": "0.9 m"}


def test_what_comes_in_boxes_is_taken_from_them():
    screw = product("screw", "box", packs=(Pack(unit="box", holds=quantity("200")),))
    lamp = Bills({"lamp": [line("screw", "4")]}, {"lamp": product("lamp"), "screw": screw})

    assert taken(lamp.takes("lamp", quantity("60"))) == {"screw": "2 box"}


def test_a_line_in_a_unit_that_says_nothing_of_its_material_is_refused():
    with pytest.raises(NotConvertible, match="'kg' measures mass and 'm' measures length"):
        bills({"a": [line("b", "1 kg")]}, b="m").takes("a", quantity("1"))


@pytest.mark.parametrize(
    ("lines", "circle"),
    [
        ({"a": [line("a")]}, "A -> A"),
        ({"c": [line("a")], "a": [line("b")], "b": [line("x"), line("c")]}, "A -> B -> C -> A"),
        ({"a": [line("kit", kit=True)], "kit": [line("a")]}, "A -> kit -> A"),
    ],
)
def test_a_circle_is_refused_and_named(lines, circle):
    with pytest.raises(BomCycle) as refused:
        bills(lines).parents_first()

    assert str(refused.value) == (
        f"a bill of materials needs what it makes: {circle}: take one of them out"
    )
    assert isinstance(refused.value, DoNotRetry)


def test_a_product_comes_before_what_goes_into_it_however_deep():
    found = bills({"a": [line("c")], "b": [line("a"), line("c")], "c": [line("d")]}).parents_first()

    assert [found.index(name) for name in "bacd"] == sorted(found.index(name) for name in "bacd")


@given(st.lists(st.tuples(AMOUNTS, st.integers(0, 50)), min_size=1, max_size=5), AMOUNTS)
def test_kits_within_kits_multiply_exactly(levels, wanted):
    """A chain of kits takes the product of its amounts and scraps, rounded up once."""
    lines = {
        f"k{depth}": [
            line(f"k{depth + 1}", str(amount), scrap=str(scrap), kit=depth < len(levels) - 1)
        ]
        for depth, (amount, scrap) in enumerate(levels)
    }
    last = f"k{len(levels)}"
    exact = Fraction(wanted)
    for amount, scrap in levels:
        exact *= Fraction(amount) * Fraction(100 + scrap, 100)

    (found,) = (
        bills({"top": [line("k0", kit=True)], **lines}).takes("top", quantity(str(wanted))).items()
    )

    assert found[0] == last
    assert found[1].amount == Decimal(math.ceil(exact))
