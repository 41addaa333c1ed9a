"""How often a product is guessed wrong when its name is mistyped, shuffled and cut short.

The spoiled queries are drawn anew by a fixed seed. What they cannot show is other wording:
the spoiling is in the letters, and a synonym is not.
"""

import random
import string
from collections import Counter

import pytest

from tasks.inventory.providers import CatalogueProvider
from tasks.inventory.steps import decide
from tasks.quotation import RequestedLine
from tests.unit.offers.company import catalogue

QUERIES = 500
SEED = 20261120


@pytest.fixture(scope="module")
def shares(record_testsuite_property) -> Counter:
    index = CatalogueProvider.index_of(catalogue())
    rng = random.Random(SEED)
    counts: Counter = Counter()
    for _ in range(QUERIES):
        product = rng.choice(index.products)
        query = _spoiled(product.name, rng)
        decision = decide(RequestedLine(text=query, wanted=query, amount=1), index)
        found = decision.product
        counts["asked" if found is None else "right" if found == product else "wrong"] += 1
    for outcome, count in counts.items():
        record_testsuite_property(f"spoiled queries {outcome}", f"{count / QUERIES:.1%}")
    return counts


def test_hardly_a_spoiled_name_is_taken_for_another_product(shares):
    assert shares["wrong"] / QUERIES <= 0.01


def test_most_spoiled_names_are_recognised(shares):
    assert shares["right"] / QUERIES >= 0.6


def test_every_true_name_and_every_code_is_recognised():
    index = CatalogueProvider.index_of(catalogue())

    for product in index.products:
        for wanted in (product.name, product.code, f"{product.code} {product.name}"):
            line = RequestedLine(text=wanted, wanted=wanted, amount=1)
            assert decide(line, index).product == product, decide(line, index)


def _spoiled(name: str, rng: random.Random) -> str:
    """Shuffle four names of ten, drop up to two words, mistype three words of ten."""
    words = name.replace(",", "").split()
    if rng.random() < 0.4:
        rng.shuffle(words)
    for _ in range(rng.choice([0, 0, 1, 1, 2])):
        if len(words) > 2:
            words.pop(rng.randrange(len(words)))
    return " ".join(_mistyped(w, rng) if rng.random() < 0.3 else w for w in words)


def _mistyped(word: str, rng: random.Random) -> str:
    if not word.isalpha() or len(word) < 4:
        return word
    at = rng.randrange(len(word) - 1)
    head, letter, following, tail = word[:at], word[at], word[at + 1], word[at + 2 :]
    return rng.choice(
        [
            head + following + tail,
            head + following + letter + tail,
            head + rng.choice(string.ascii_lowercase) + following + tail,
            head + letter * 2 + following + tail,
        ]
    )
