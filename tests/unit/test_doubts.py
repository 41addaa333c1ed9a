"""Words that make an amount or a letter doubtful are noticed, and sizes are not taken for them."""

import pytest

from tasks.inventory.doubts import doubts_about_amounts, doubts_about_letter, is_said_of_all
from tasks.inventory.line_grammar import Unreadable, read_line


@pytest.mark.parametrize(
    "text",
    [
        "20-30 pairs of gloves",
        "10 or 20 pcs hex nut M8",
        "ten to fifteen helmets",
        "100/200 pcs hex nut M8",
        "2 x 50 m cable",
        "100+50 pcs hex nut M8",
        "10..20 pcs hex nut M8",
        "for 100, 200 and 500 pcs hex nut M8",
        "about 50 pcs hex nut M8",
        "ungefär 50 st hex nut M8",
        "noin 50 kpl hex nut M8",
        "at least 12 helmets",
    ],
)
def test_an_inexact_amount_is_doubted(text):
    [doubt] = doubts_about_amounts(text)

    assert "is not exact" in doubt


@pytest.mark.parametrize(
    "text",
    [
        "10 pcs helmets, not the yellow ones",
        "10 pcs helmets instead",
        "10 helmets ohne Belüftung",
        "we ordered 10 pcs helmets",
        "10 pcs helmets a month",
        "same as last time plus 10 pcs helmets",
    ],
)
def test_what_may_take_an_order_back_is_doubted(text):
    assert len(doubts_about_amounts(text)) == 1


def test_a_row_that_begins_and_ends_with_a_number_is_doubted():
    assert doubts_about_amounts("10   HB-M8X40   Hex bolt   40") == [
        "the first or the last number may be the amount"
    ]


@pytest.mark.parametrize(
    "text",
    [
        "10 pcs Hose clamp 16-27 mm W4 stainless",
        "6 pcs Motor protection switch 4-6.3 A",
        "10 pcs Dimmer LED 3-100 W",
        "Cutting disc 125x1.0 ...... 80 pcs",
        "12 pcs CO-18-24",
        '12 pcs Ball valve 1/2" brass',
        "100 m MMJ 3x2.5",
        "Flap disc grit 80, 60 pcs",
    ],
)
def test_a_size_is_not_doubted(text):
    assert doubts_about_amounts(text) == []


def test_a_doubt_makes_a_line_unreadable():
    assert any(isinstance(one, Unreadable) for one in read_line("about 50 pcs hex nut M8"))


@pytest.mark.parametrize(
    "sentence",
    [
        "Please cancel the helmets.",
        "Take the same as last time.",
        "The rest is in the attached list.",
        "Loput ovat liitteessä.",
        "Mehr im Anhang.",
    ],
)
def test_a_sentence_beside_the_list_may_change_it(sentence):
    assert [said for said, _ in doubts_about_letter(["Hello,", sentence])] == [sentence]


def test_an_announcement_of_the_list_changes_nothing():
    assert (
        list(doubts_about_letter(["Could you offer these instead:", "Thanks for your help"])) == []
    )


def test_what_is_said_of_all_is_told_apart():
    assert is_said_of_all("All in A2, please")
    assert not is_said_of_all("Call me")
