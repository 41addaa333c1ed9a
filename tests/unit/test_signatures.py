"""A signature is parted from the letter, announced or not."""

import pytest

from tasks.messaging.signatures import split_signature

LETTER = "10 pcs Hex nut M8"


@pytest.mark.parametrize(
    "signature",
    [
        "BR Mari",
        "t. Pasi 050 555 4410",
        "terv. Antti / Koskisen Sähkö Oy",
        "/Mette, Hansen & Dahl A/S",
        "Thanks, Amy",
        "Mari Lind\nHelsingin Hissihuolto Oy\n040 555 0045",
        "Koskisen Sähkö Oy",
        "Mari Lind, Lahden Konepaja Oy",
        "+358 40 555 0045",
    ],
)
def test_a_signature_is_found(signature):
    assert split_signature(f"{LETTER}\n\n{signature}", "Mari Lind") == (LETTER, signature)


def test_a_short_sign_off_may_follow_the_last_sentence():
    assert split_signature(f"{LETTER}. BR Mari") == (f"{LETTER}.", "BR Mari")


@pytest.mark.parametrize("sign_off", ["Med venlig hilsen", "LG", "Kiitos etukäteen!", "Best,"])
def test_a_sign_off_is_no_part_of_it(sign_off):
    assert split_signature(f"{LETTER}\n{sign_off}\nAnna") == (LETTER, "Anna")


@pytest.mark.parametrize(
    "last_line",
    [
        "Thanks for your quick answer",
        "20 pcs Hex nut M10",
        "Mari wants them soon",
        "0.5 m cable 3x1.5",
        "Best quality please",
    ],
)
def test_the_last_line_of_a_letter_is_no_signature(last_line):
    letter = f"{LETTER}\n{last_line}"

    assert split_signature(letter, "Mari Lind") == (letter, "")


def test_a_letter_that_begins_with_the_name_of_its_writer_is_no_signature():
    assert split_signature("Mari Lind", "Mari Lind") == ("Mari Lind", "")


@pytest.mark.timeout(5)
@pytest.mark.parametrize("text", ["A ", "t. a", "Thanks ", "/A ", "+358 ", "\n \n", "Oy "])
def test_a_letter_made_to_be_slow_is_not(text):
    split_signature(text * 20_000, "A A")
    split_signature(f"{text}\n" * 20_000, "A A")
