"""Decide which product is meant, and whether that is sure enough to offer it.

Nothing is guessed. A product is taken when all that the wish says fits it, when it is
like the wish, and when no other product fits as well; everything else is a question
for a person, with the products that come near.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tasks.inventory.matching import Candidate, CodeFound
from tasks.inventory.product_words import ProductWords, says_size
from tasks.inventory.units import MEASURED, PIECES
from tasks.quotation import MatchedBy, RequestedLine
from tasks.values import Product

#: Less alike than this, names have little but a size in common.
LEAST_LIKENESS = 0.45
#: The best must be better than any other that fits by as much.
MARGIN = 0.05
#: As many near products as a person wants to read.
NEAR = 3


@dataclass(frozen=True)
class Decision:
    """The product that is meant, or a question."""

    product: Product | None = None
    by: MatchedBy = MatchedBy.NAME
    question: str = ""


def decide_by_code(
    line: RequestedLine,
    found: CodeFound,
    rest: ProductWords,
    offered: Sequence[ProductWords],
    vocabulary: frozenset[str],
) -> Decision:
    """Take the product whose code is written, unless the words beside it say something else.

    Args:
        line: what is asked for.
        found: what the codes in it name, at least one product.
        rest: the words beside the codes.
        offered: the name of each product found, in parts.
        vocabulary: every word of every name.
    """
    if len(found.products) > 1:
        return Decision(question=_question(line, "names several codes", found.products))
    meant = {meaning(word, vocabulary) for word in rest.words}
    if not meant <= set(offered[0].words) or not _sizes_fit(rest, offered[0]):
        return Decision(question=_question(line, "does not fit the code in it", found.products))
    return Decision(product=found.products[0], by=MatchedBy.CODE)


def decide_by_name(
    line: RequestedLine, wish: ProductWords, ranked: Sequence[Candidate], vocabulary: frozenset[str]
) -> Decision:
    """Take the product that the words mean, when they mean only one."""
    meant = [meaning(word, vocabulary) for word in wish.words]
    fitting = [c for c in ranked if fits(wish, meant, c.words)]
    near = [c.product for c in (fitting or ranked)[:NEAR]]
    if "" in meant or not fitting or fitting[0].score < LEAST_LIKENESS:
        return Decision(question=_question(line, "is not a product we know", near))
    best, others = fitting[0], fitting[1:]
    said = frozenset((*meant, *wish.sizes))
    if all(is_told_apart(best, other, said) for other in others):
        return Decision(product=best.product)
    return Decision(question=_question(line, "may be more than one product", near))


def meaning(word: str, vocabulary: frozenset[str]) -> str:
    """Return the catalogue's word that a wish's word is, mistyped or not; nothing if none.

    One letter may be wrong in a short word and two in a long one; in the shortest none.
    """
    known = next((form for form in forms_of(word) if form in vocabulary), "")
    if known:
        return known
    allowed = _slips_allowed(word)
    if not allowed:
        return ""
    from rapidfuzz import process  # noqa: PLC0415  # only matching needs it
    from rapidfuzz.distance import OSA  # noqa: PLC0415  # only matching needs it

    near = process.extract_iter(word, vocabulary, scorer=OSA.distance, score_cutoff=allowed)
    return min(((slips, known) for known, slips, _ in near), default=(0, ""))[1]


def fits(wish: ProductWords, meant: Sequence[str], offered: ProductWords) -> bool:
    """Say whether everything a wish says is true of a product."""
    return set(meant) - {""} <= set(offered.words) and _sizes_fit(wish, offered)


def is_told_apart(best: Candidate, other: Candidate, said: frozenset[str]) -> bool:
    """Say whether a wish is for the best and not for another that fits it, too.

    Where the best has a word that the other lacks and the wish does not say, the wish
    leaves it open: it is `black` or `white`, and nobody said which.
    """
    unsaid = best.words.tokens - other.words.tokens - said
    return not unsaid and best.score - other.score >= MARGIN


def question_about(line: RequestedLine, decision: Decision) -> str:
    """Return what is still to be asked about a line, or nothing."""
    if decision.product is None:
        return decision.question
    return unit_question(line, decision.product, decision.by) or amount_question(
        line, decision.product
    )


def unit_question(line: RequestedLine, product: Product, by: MatchedBy) -> str:
    """Return what to ask about the unit, or nothing."""
    # A code stands for the sales unit; a name alone may be thought of by the piece.
    unit_is_clear = product.unit == "pcs" or by is MatchedBy.CODE
    is_a_piece = product.unit == "pcs" and line.unit in PIECES
    if line.unit == product.unit or is_a_piece or (not line.unit and unit_is_clear):
        return ""
    asked = f"in {line.unit!r}" if line.unit else "without a unit"
    return (
        f"{line.text!r}: it is asked for {asked}, but {product.code} {product.name!r} is sold "
        f"by the {product.unit!r}: how many?"
    )


def amount_question(line: RequestedLine, product: Product) -> str:
    """Return what to ask about the amount, or nothing."""
    if product.unit in MEASURED or line.amount == line.amount.to_integral_value():
        return ""
    return f"{line.text!r}: {line.amount} of {product.code} cannot be parted: how many?"


def forms_of(word: str) -> tuple[str, ...]:
    """Return a word and what it may be the plural of."""
    return (word, word.removesuffix("s"), word.removesuffix("es"), f"{word.removesuffix('ies')}y")


def _slips_allowed(word: str) -> int:
    return sum(len(word) >= length for length in _SLIPS_FROM)


#: A word of so many letters may have one letter wrong, or two.
_SLIPS_FROM = (4, 8)


def _sizes_fit(wish: ProductWords, offered: ProductWords) -> bool:
    # Each size of the product answers one of the wish: 6 kA does not answer the 6 of B6, too.
    left = list(offered.sizes)
    for size in sorted(wish.sizes, key=lambda s: s not in left):
        answer = next((other for other in left if says_size(size, other)), None)
        if answer is None:
            return False
        left.remove(answer)
    return True


def _question(line: RequestedLine, problem: str, near: Sequence[Product]) -> str:
    names = "; ".join(f"{product.code} {product.name!r}" for product in near)
    asked = f"which product is it? near: {names}" if names else "which product is it?"
    return f"{line.text!r}: {line.wanted!r} {problem}: {asked}"
