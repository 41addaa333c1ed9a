"""Put to a person what the reading of a letter left open.

A line that nobody notices is the worst error: the offer looks complete. So the words
that seem to ask for nothing, and those below the signature, are looked through for
products once more.
"""

import re
from collections.abc import Sequence

from tasks.inventory.doubts import doubts_about_letter, is_said_of_all
from tasks.inventory.line_grammar import read_line
from tasks.inventory.matching import ProductIndex
from tasks.inventory.product_words import product_words
from tasks.inventory.request_reading import RequestReading
from tasks.inventory.rules import fits, forms_of, meaning
from tasks.inventory.units import MEASURED
from tasks.quotation import RequestedLine
from tasks.values import Product


def questions_about(reading: RequestReading) -> list[str]:
    """Return a question for each line that could not be read."""
    return [f"{one.text!r}: {one.problem}: what is asked for?" for one in reading.unreadable]


def overlooked(reading: RequestReading, signature: str, index: ProductIndex) -> list[str]:
    """Return a question for each sentence that names a product after all."""
    sentences = list(dict.fromkeys(reading.rest))
    named = [(text, _named_in(text, index)) for text in sentences]
    wanted = " ".join(line.wanted for line in reading.lines)
    named += [(text, _named_beside(text, wanted, index)) for text in dict.fromkeys(reading.asides)]
    questions = [
        f"{text!r}: it names {product.code} {product.name!r}, but no amount: is it asked for?"
        for text, product in named
        if product is not None
    ]
    questions += [f"{text!r}: {doubt}" for text, doubt in doubts_about_letter(sentences)]
    below = signature.splitlines()
    said = [line.text for line in _lines_below(below) if _is_asked_for(line, index)]
    said += [line.strip() for line in below if _is_postscript(line)]
    return questions + [
        f"{text!r}: it stands below the signature: is it asked for?" for text in dict.fromkeys(said)
    ]


def _is_postscript(line: str) -> bool:
    return bool(re.match(r"\s*(?:p\.?\s?s\b|n\.?b\b)", line, re.IGNORECASE))


def _is_asked_for(line: RequestedLine, index: ProductIndex) -> bool:
    counted = line.unit and line.unit not in MEASURED
    return bool(counted or index.find_codes(line.wanted).products or _is_named(line.wanted, index))


def _lines_below(lines: Sequence[str]) -> list[RequestedLine]:
    return [one for line in lines for one in read_line(line) if isinstance(one, RequestedLine)]


def _named_in(text: str, index: ProductIndex) -> Product | None:
    """Return a product that a text names by its code, by its name, or by much of its name."""
    coded = index.find_codes(text).products
    if coded:
        return coded[0]
    return _is_named(text, index) or _is_mentioned(text, index)


def _named_beside(text: str, wanted: str, index: ProductIndex) -> Product | None:
    """Return a product that words beside an amount may speak of: `zinc:`, `for the helmets`.

    What is wanted anyway may be said again: `these cables: 100 m cable MMJ`.
    """
    told = (_forms_in(text) & index.vocabulary) - _forms_in(wanted) - _EVERYDAY
    return index.first_with(told) or _named_in(text, index)


def _forms_in(text: str) -> set[str]:
    words = (word for word in product_words(text).words if len(word) >= _LETTERS_THAT_TELL)
    return {form for word in words for form in forms_of(word)}


def _is_named(text: str, index: ProductIndex) -> Product | None:
    wish = product_words(text)
    if len(wish.tokens) < _TOKENS_OF_A_NAME:
        return None
    meant = [meaning(word, index.vocabulary) for word in wish.words]
    if "" in meant:
        return None
    near = (c for c in index.rank(wish) if fits(wish, meant, c.words))
    return next((candidate.product for candidate in near), None)


def _is_mentioned(text: str, index: ProductIndex) -> Product | None:
    """Return the first product that shares several words or sizes with a sentence."""
    said = product_words(text)
    telling = {meaning(word, index.vocabulary) for word in said.words if len(word) > 1} - {""}
    telling |= {size for size in said.sizes if not size.isdigit() or len(size) >= _DIGITS_OF_A_SIZE}
    heads = text.rstrip().endswith(":") and any(not size.isdigit() for size in said.sizes)
    shared = 1 if heads or is_said_of_all(text) else _SHARED_TOKENS
    return index.most_like(said, telling, shared)


#: In names and in letters alike; alone they say nothing about a product.
_EVERYDAY = frozenset(
    "work site power light high level free two one three set safety industry buildings".split()
)
#: Shorter words are articles and abbreviations as often as sizes: `size S`.
_LETTERS_THAT_TELL = 3
#: Shorter bare numbers are dates, hours and house numbers as often as sizes.
_DIGITS_OF_A_SIZE = 3
#: One word may be met by chance; two of the same product say what is to be like it.
_SHARED_TOKENS = 2
#: One word alone names no product: "light", "power".
_TOKENS_OF_A_NAME = 2
