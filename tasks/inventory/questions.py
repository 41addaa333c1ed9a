"""Put to a person what the reading of a letter left open.

A line that nobody notices is the worst error: the offer looks complete. So the words
that seem to ask for nothing, and those below the signature, are looked through for
products once more.
"""

from collections.abc import Iterable, Sequence

from tasks.inventory.line_grammar import read_line
from tasks.inventory.matching import ProductIndex
from tasks.inventory.product_words import product_words
from tasks.inventory.request_reading import RequestReading
from tasks.inventory.rules import fits, meaning
from tasks.quotation import RequestedLine
from tasks.values import Product


def questions_about(reading: RequestReading) -> list[str]:
    """Return a question for each line that could not be read."""
    return [f"{one.text!r}: {one.problem}: what is asked for?" for one in reading.unreadable]


def overlooked(rest: Iterable[str], signature: str, index: ProductIndex) -> list[str]:
    """Return a question for each sentence that names a product after all."""
    named = ((text, _named_in(text, index)) for text in rest)
    questions = [
        f"{text!r}: it names {product.code} {product.name!r}, but no amount: is it asked for?"
        for text, product in named
        if product is not None
    ]
    return questions + [
        f"{line.text!r}: it stands below the signature: is it asked for?"
        for line in _lines_below(signature.splitlines())
        if index.find_codes(line.wanted).products or _is_named(line.wanted, index)
    ]


def _lines_below(lines: Sequence[str]) -> list[RequestedLine]:
    return [one for line in lines for one in read_line(line) if isinstance(one, RequestedLine)]


def _named_in(text: str, index: ProductIndex) -> Product | None:
    """Return a product that a text names by its code, or by its name and nothing else."""
    coded = index.find_codes(text).products
    if coded:
        return coded[0]
    return _is_named(text, index)


def _is_named(text: str, index: ProductIndex) -> Product | None:
    wish = product_words(text)
    if len(wish.tokens) < _TOKENS_OF_A_NAME:
        return None
    meant = [meaning(word, index.vocabulary) for word in wish.words]
    if "" in meant:
        return None
    near = (c for c in index.rank(wish) if fits(wish, meant, c.words))
    return next((candidate.product for candidate in near), None)


#: One word alone names no product: "light", "power".
_TOKENS_OF_A_NAME = 2
