"""A line is read as it is meant, or not at all."""

from decimal import Decimal

import pytest

from tasks.inventory.line_grammar import Aside, Unreadable, read_line
from tasks.quotation import RequestedLine


def _read(line: str) -> list[tuple[str, str, str]]:
    readings = read_line(line)
    assert not any(isinstance(one, Unreadable) for one in readings), readings
    lines = [one for one in readings if isinstance(one, RequestedLine)]
    return [(f"{one.amount:f}", one.unit, one.wanted) for one in lines]


@pytest.mark.parametrize(
    ("line", "amount", "unit", "wanted"),
    [
        ("- 12 pcs Hex bolt M8x40", "12", "pcs", "Hex bolt M8x40"),
        ("-12 pcs Hex bolt M8x40", "12", "pcs", "Hex bolt M8x40"),
        ("3) 12 kpl Hex bolt M8x40", "12", "pcs", "Hex bolt M8x40"),
        ("12x Hex bolt M8x40", "12", "", "Hex bolt M8x40"),
        ("12 x HB-M8X40-A2", "12", "", "HB-M8X40-A2"),
        ("Hex bolt M8x40 A2 - 12 kpl", "12", "pcs", "Hex bolt M8x40 A2"),
        ("Hex bolt M8x40: 12", "12", "", "Hex bolt M8x40"),
        ("HB-M8X40-A2 12", "12", "", "HB-M8X40-A2"),
        ("1 200 kpl Hex nut M8", "1200", "pcs", "Hex nut M8"),
        ("1.250 Stk. Hex nut M8", "1250", "pcs", "Hex nut M8"),
        ("5,000 pcs Flat washer M6", "5000", "pcs", "Flat washer M6"),
        ("2,5 m cable MMJ 3x1.5", "2.5", "m", "cable MMJ 3x1.5"),
        ("two dozen ear muffs", "24", "pcs", "ear muffs"),
        ("half a dozen ear muffs", "6", "pcs", "ear muffs"),
        ("kaksi tusinaa Ear muffs", "24", "pcs", "Ear muffs"),
        ("5 Paar Work gloves size 10", "5", "pair", "Work gloves size 10"),
        ("qty: 20 Ball valve", "20", "", "Ball valve"),
        ("HB-M8X40-A2 100 pcs Hex bolt", "100", "pcs", "HB-M8X40-A2 Hex bolt"),
    ],
)
def test_an_amount_is_read_wherever_it_stands(line, amount, unit, wanted):
    assert _read(line) == [(amount, unit, wanted)]


@pytest.mark.parametrize(
    ("line", "amount", "wanted"),
    [
        ("5 tape measure 5 m 19 mm", "5", "tape measure 5 m 19 mm"),
        ("Tape measure 5 m - 3 pcs", "3", "Tape measure 5 m"),
        ("10 packs cable tie 200x4.8, 100 pcs", "10", "cable tie 200x4.8, 100 pcs"),
        ("Cable tie 200x4.8, 100 pcs: 10 packs", "10", "Cable tie 200x4.8 100 pcs"),
        ("5 400 mm shelf brackets", "5", "400 mm shelf brackets"),
        ("10 pcs 6200-2RS", "10", "6200-2RS"),
    ],
)
def test_a_size_is_no_amount(line, amount, wanted):
    assert [(a, w) for a, _, w in _read(line)] == [(amount, wanted)]


def test_a_sentence_may_ask_for_several_things():
    sentence = "Could you quote 100 pcs of hex bolts M8x40 and 20 boxes of cable ties 200x4.8?"

    assert _read(sentence) == [
        ("100", "pcs", "hex bolts M8x40"),
        ("20", "box", "cable ties 200x4.8"),
    ]


@pytest.mark.parametrize(
    ("sentence", "read"),
    [
        (
            "quote us 40 pcs of ball bearing 6204-2RS and five V-belt SPA 1250",
            [("40", "pcs", "ball bearing 6204-2RS"), ("5", "", "V-belt SPA 1250")],
        ),
        (
            "Tarvitsisimme 30 kpl lasit sekä 20 litraa öljy",
            [("30", "pcs", "lasit"), ("20", "l", "öljy")],
        ),
        ("Außerdem bitte 200 Meter Kabel MMJ anbieten.", [("200", "m", "Kabel MMJ")]),
        (
            "price on 8 x MM-1000 and 4 x VT-690 please?",
            [("8", "", "MM-1000"), ("4", "", "VT-690")],
        ),
        (
            "500 kpl HN-M6; 50 m CD-20.",
            [("500", "pcs", "HN-M6"), ("50", "m", "CD-20")],
        ),
        (
            "10 pcs nut M8, 200 m cable MMJ 3x1.5",
            [("10", "pcs", "nut M8"), ("200", "m", "cable MMJ 3x1.5")],
        ),
        ("I'm interested in 100 flat washers M8", [("100", "", "flat washers M8")]),
    ],
)
def test_a_sentence_lists_things_as_people_do(sentence, read):
    assert _read(sentence) == read


@pytest.mark.parametrize(
    ("line", "amount", "wanted"),
    [
        ("mcb 2p 40 30 4 kpl", "4", "mcb 2p 40 30"),
        ("HN-M8-A2 x 100", "100", "HN-M8-A2"),
        ("two (2) pcs HN-M8-A2", "2", "HN-M8-A2"),
        ("Work gloves size 10 - 120 pairs", "120", "Work gloves size 10"),
        ("für ein Projekt in Rostock 30 Stück gland M20", "30", "gland M20"),
        ("2 pcs nut M8, when can we have them?", "2", "nut M8"),
        ("100*HN-M8-A2", "100", "HN-M8-A2"),
        ("HN-M8-A2 | 100 | pcs", "100", "HN-M8-A2"),
        ("Tape measure, 3 pcs, 5 m", "3", "Tape measure 5 m"),
        ("3 two pole testers 690 V", "3", "two pole testers 690 V"),
    ],
)
def test_an_amount_is_told_from_what_is_beside_it(line, amount, wanted):
    assert [(a, w) for a, _, w in _read(line)] == [(amount, wanted)]


@pytest.mark.parametrize(
    ("sentence", "beside"),
    [
        ("Zinc plated: lock nut M8 100 pcs", "Zinc plated"),
        ("For hex nuts M8 we need 200 pcs washers", "For hex nuts M8 we need"),
        ("10 pcs nut M8 for our hex bolts", "for our hex bolts"),
        ("Zinc plated: HN-M8 10 pcs hex nut", "Zinc plated"),
        ("hex nut M8 for our hex bolts 10 pcs", "hex nut M8 for"),
    ],
)
def test_words_that_belong_to_no_amount_are_kept(sentence, beside):
    asides = [one.text for one in read_line(sentence) if isinstance(one, Aside)]

    assert beside in [aside.strip(" :") for aside in asides]


def test_all_amounts_of_a_sentence_stand_on_the_same_side():
    assert _read("We need hex bolts M8x40 (100 pcs) and cable ties (20 boxes)") == [
        ("100", "pcs", "hex bolts M8x40"),
        ("20", "box", "cable ties"),
    ]


@pytest.mark.parametrize(
    "line",
    [
        "We need delivery in 2 weeks.",
        "Tel +358 40 1234567",
        "Our order 4711",
        "We met on 12 November 2026 at 10.00.",
        "P.O. Box 123",
        "Meeting at 3 pm",
        "Hello Anna,",
        "",
    ],
)
def test_talk_asks_for_nothing(line):
    assert read_line(line) == []


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("1.250 kg Lithium grease", "'1.250'"),
        ("2.5 pcs Hex bolt", "'2.5'"),
        ("0 pcs Hex bolt", "'0'"),
        ("Hex nut M8 size 9 100 pcs", "'9 100'"),
        ("1 200 hex nuts", "'1 200'"),
        ("- a few hex nuts", "'a few'"),
        ("- Hex nut M8", "no amount"),
    ],
)
def test_what_can_be_read_in_two_ways_is_not_read(line, problem):
    [reading] = read_line(line)

    assert isinstance(reading, Unreadable)
    assert problem in reading.problem


def test_an_amount_that_could_not_be_placed_is_not_lost():
    readings = read_line("for the machines that turn 6 belts we need 10 pcs of nut M8")

    lines = [one.wanted for one in readings if isinstance(one, RequestedLine)]
    problems = [one.problem for one in readings if isinstance(one, Unreadable)]
    assert lines == ["nut M8"]
    assert problems == ["'6 belts' could not be placed"]


def test_amounts_are_exact():
    [reading] = read_line("0,1 kg Lithium grease")

    assert reading.amount == Decimal("0.1")
