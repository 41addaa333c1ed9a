"""Numbers in words are read in the languages of our customers, and words that are none are not."""

import pytest

from tasks.inventory.number_words import number_of_words


@pytest.mark.parametrize(
    ("words", "number"),
    [
        ("five", 5),
        ("nineteen", 19),
        ("twenty-five", 25),
        ("twenty five", 25),
        ("one hundred and twenty-five", 125),
        ("two thousand five hundred", 2500),
        ("fünfundzwanzig", 25),
        ("einundzwanzig", 21),
        ("zweihundertfünfzig", 250),
        ("kaksitoista", 12),
        ("kaksikymmentäviisi", 25),
        ("sataviisikymmentä", 150),
        ("kolmesataa", 300),
        ("kaksituhatta viisisataa", 2500),
        ("tjugofem", 25),
        ("etthundrafemtio", 150),
    ],
)
def test_a_number_is_read_by_its_parts(words, number):
    assert number_of_words(words) == number
    assert number_of_words(words.upper()) == number


@pytest.mark.parametrize("words", ["", "bolt", "and", "tent", "fiveteen", "two-way", "one two"])
def test_what_is_no_number_has_none(words):
    assert number_of_words(words) is None


@pytest.mark.timeout(5)
def test_a_word_made_to_be_slow_is_not():
    assert number_of_words("fünfund" * 5000) is None
    assert number_of_words("hundred " * 5000) is None
