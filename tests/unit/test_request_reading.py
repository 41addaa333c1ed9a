"""A letter is read whole: tables, lists and sentences."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.inventory.request_reading import LONGEST_LETTER, read_request


def _wanted(text: str) -> list[tuple[str, str]]:
    return [
        (f"{line.amount:f} {line.unit}".strip(), line.wanted) for line in read_request(text).lines
    ]


def test_a_table_is_read_by_its_header():
    text = """
Code          Description          Qty   Unit
------------  -------------------  ----  ----
HB-M8X40-A2   Hex bolt M8x40 A2    200   pcs
OIL-HYD46     Hydraulic oil        20,5  l

Delivery on 1.12.2026, please.
"""

    assert _wanted(text) == [
        ("200 pcs", "HB-M8X40-A2 Hex bolt M8x40 A2"),
        ("20.5 l", "OIL-HYD46 Hydraulic oil"),
    ]


def test_a_table_may_be_drawn_with_bars_and_begin_with_the_amount():
    text = "| Määrä | Nimike |\n|---|---|\n| 100 kpl | Hex nut M8 |\n| 3 | Floodlight |"

    assert _wanted(text) == [("100 pcs", "Hex nut M8"), ("3", "Floodlight")]


def test_the_place_of_a_row_is_no_name():
    text = "Item  Code   Description  Qty\n10    CG-25  Cable gland  60\n20    CG-32  Gland  5"

    assert _wanted(text) == [("60", "CG-25 Cable gland"), ("5", "CG-32 Gland")]


def test_a_column_in_other_words_is_part_of_the_name_and_a_price_is_not():
    text = "Product | Finish | Required qty | Unit price\nNut M8 | zinc | 5 | 0.10"

    assert _wanted(text) == [("5", "Nut M8 zinc")]


def test_the_header_may_name_the_unit_and_commas_may_part_the_cells():
    assert _wanted("Code,Qty (boxes)\nWS-4X40,12") == [("12 box", "WS-4X40")]


def test_two_columns_of_amounts_are_asked_about():
    reading = read_request("Code | Qty | Pieces\nNUT-8 | 5 | 10")

    assert reading.lines == []
    assert len(reading.unreadable) == 1


def test_lines_that_end_with_an_amount_are_a_list_without_bullets():
    assert _wanted("hei\nmmj 3x25 150 m\nmcb-1p 10 kpl") == [
        ("150 m", "mmj 3x25"),
        ("10 pcs", "mcb-1p"),
    ]


def test_an_amount_may_stand_below_its_thing():
    assert _wanted("Item: Nut M8\nQty: 12\nWasher M8\n  20 pcs") == [
        ("12", "Nut M8"),
        ("20 pcs", "Washer M8"),
    ]


def test_a_row_without_amount_is_asked_about():
    reading = read_request("Qty;Item\n5;Nut M8\n;Washer M8")

    assert [line.wanted for line in reading.lines] == ["Nut M8"]
    assert len(reading.unreadable) == 1


def test_a_sentence_goes_on_in_the_next_line():
    text = """Could you send us your best prices for 100 pcs of hex bolts M8x40 and 20
boxes of dust masks? We also need 6 safety helmets white."""

    assert _wanted(text) == [
        ("100 pcs", "hex bolts M8x40"),
        ("20 box", "dust masks"),
        ("6", "safety helmets white"),
    ]


def test_an_item_goes_on_in_an_indented_line():
    assert _wanted("- 12 pcs Hex bolt M8x40\n  A2 stainless\n- 5 pcs Nut") == [
        ("12 pcs", "Hex bolt M8x40 A2 stainless"),
        ("5 pcs", "Nut"),
    ]


def test_an_abbreviation_ends_no_sentence():
    assert _wanted("Please offer 50 Stk. Hex nut M8.") == [("50 pcs", "Hex nut M8")]


def test_what_asks_for_nothing_is_kept_as_rest():
    assert read_request("Hello,\n\nhow are you?").rest == ["Hello,", "how are you?"]


@given(st.text(max_size=200))
def test_any_text_can_be_read(text):
    for line in read_request(text).lines:
        assert line.amount > 0
        assert line.wanted


@pytest.mark.timeout(10)
@pytest.mark.parametrize("text", ["word ", "1 000 ", "On x ", "Abc ", "5 pcs nut ", "\n", "a\t"])
def test_a_letter_made_to_be_slow_is_not(text):
    long = (text * LONGEST_LETTER)[:LONGEST_LETTER]

    read_request(long)
    read_request(long.replace(" ", "\n"))


def test_a_letter_that_is_too_long_is_asked_about():
    reading = read_request("5 pcs nut\n" * LONGEST_LETTER)

    assert reading.lines == []
    assert "too long" in reading.unreadable[0].problem
