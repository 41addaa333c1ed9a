"""Rank the catalogue by likeness to a wish, and find the codes a wish names.

Likeness is the mean of two views: character n-grams weighed by TF-IDF, which know
that `bolt` is common and `maintained` is not, and the share of letters in common
once the words are sorted. Whether the best is good enough is `rules`' to decide.
"""

import re
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tasks.inventory.product_words import ProductWords, product_words
from tasks.values import Product

if TYPE_CHECKING:
    from sklearn.feature_extraction.text import TfidfVectorizer

#: As many as a rule looks at; like names differ in a size or a colour, so some dozens.
CANDIDATES = 60

#: The longest code has as many parts, `HB M8X40 A2`, when hyphens are written as blanks.
_PARTS_OF_A_CODE = 4


@dataclass(frozen=True)
class Candidate:
    """A product, its name in parts, and how alike it is, 0 to 1."""

    product: Product
    words: ProductWords
    score: float


@dataclass(frozen=True)
class CodeFound:
    """The products that the codes in a text name, and the words beside the codes."""

    products: tuple[Product, ...]
    rest: str


class ProductIndex:
    """The catalogue, ready to be searched; building it loads scikit-learn."""

    def __init__(self, products: Iterable[Product]) -> None:
        self.products = tuple(products)
        self._words = [product_words(product.name) for product in self.products]
        self._texts = [words.text for words in self._words]
        self._by_code: dict[str, list[Product]] = {}
        for product in self.products:
            self._by_code.setdefault(_plain_code(product.code), []).append(product)
        #: every word of every name
        self.vocabulary = frozenset(word for words in self._words for word in words.words)
        self._families = _families(self.products, self._words)
        self._letters, self._matrix = _fitted(self._texts)

    def spelled_out(self, wish: ProductWords) -> ProductWords:
        """Return a wish with the names that codes stand for: an `RCD` is a current device."""
        words: list[str] = []
        for word in wish.words:
            one = word.removesuffix("s")
            is_a_name = {word, one} & self.vocabulary
            words += (word,) if is_a_name else self._families.get(one, (word,))
        return ProductWords(words=tuple(dict.fromkeys(words)), sizes=wish.sizes)

    def first_with(self, tokens: Set[str]) -> Product | None:
        """Return the first product whose name has one of these tokens."""
        named = zip(self.products, self._words, strict=True)
        return next((product for product, words in named if tokens & words.tokens), None)

    def most_like(self, wish: ProductWords, tokens: Set[str], count: int) -> Product | None:
        """Return the product most like a wish of those whose names have so many of these tokens."""
        if not any(len(tokens & words.tokens) >= count for words in self._words):
            return None
        ranked = self.rank(wish, limit=len(self.products))
        return next((c.product for c in ranked if len(tokens & c.words.tokens) >= count), None)

    def find_codes(self, text: str) -> CodeFound:
        """Return what the codes in a text name, however their hyphens are written."""
        tokens = text.split()
        found: dict[str, Product] = {}
        rest: list[str] = []
        at = 0
        while at < len(tokens):
            length, products = self._code_at(tokens[at : at + _PARTS_OF_A_CODE], len(tokens))
            found |= {product.id: product for product in products}
            rest += [] if length else [tokens[at]]
            at += length or 1
        return CodeFound(products=tuple(found.values()), rest=" ".join(rest))

    def _code_at(self, tokens: Sequence[str], of: int) -> tuple[int, list[Product]]:
        for length in range(len(tokens), 0, -1):
            products = self._by_code.get(_plain_code("".join(tokens[:length])), [])
            # A wish that is a code and nothing else may be in small letters.
            if products and (length == of or _is_written_as_code(tokens[:length])):
                return length, products
        return 0, []

    def rank(self, wish: ProductWords, limit: int = CANDIDATES) -> list[Candidate]:
        """Return the products most like a wish, the best first; likes are in catalogue order."""
        from rapidfuzz import fuzz, process  # noqa: PLC0415  # only matching needs it

        if not self.products or not wish.text:
            return []
        by_letters = (self._letters.transform([wish.text]) @ self._matrix.T).toarray()[0]
        by_words = process.cdist([wish.text], self._texts, scorer=fuzz.token_sort_ratio)[0]
        scores = (by_letters + by_words / 100) / 2
        best = (-scores).argsort(stable=True)[:limit]
        return [Candidate(self.products[i], self._words[i], float(scores[i])) for i in best]


def _families(
    products: Sequence[Product], names: Sequence[ProductWords]
) -> dict[str, tuple[str, ...]]:
    """Return, for the word that codes begin with, the words that all their names share."""
    shared: dict[str, tuple[str, ...]] = {}
    for product, name in zip(products, names, strict=True):
        family = re.split(r"[\W_]", product.code.lower())[0]
        if family.isalpha() and len(family) >= _SHORTEST_CODE:
            known = shared.get(family, name.words)
            shared[family] = tuple(word for word in known if word in name.words)
    return shared


def _fitted(texts: list[str]) -> "tuple[TfidfVectorizer, Any]":
    from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: PLC0415  # slow to import

    letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True)
    # An empty catalogue has no n-grams to learn; one dummy text keeps the search total.
    return letters, letters.fit_transform(texts or ["empty"])


def _plain_code(text: str) -> str:
    return re.sub(r"[\W_]", "", text).upper()


def _is_written_as_code(tokens: Sequence[str]) -> bool:
    """Say whether tokens are a code, and not words that only spell like one."""
    text = "".join(tokens)
    if len(tokens) == 1:
        return bool(re.search(r"\d|\w[-_/]\w", text)) and len(_plain_code(text)) >= _SHORTEST_CODE
    has_digits = [any(c.isdigit() for c in token) for token in tokens]
    fits = all(t.isupper() or digit for t, digit in zip(tokens, has_digits, strict=True))
    return tokens[0].isupper() and any(has_digits) and fits and all(map(_plain_code, tokens))


_SHORTEST_CODE = 3
