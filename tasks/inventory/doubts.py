"""Find what makes an amount or a whole letter doubtful: ranges, refusals, corrections.

Reading on past such words would be guessing, so each becomes a question.
"""

import re
from collections.abc import Iterable, Iterator

from tasks.inventory.amounts import NOT_COUNTED
from tasks.inventory.numbers import AMOUNT
from tasks.inventory.units import UNIT

_FLAGS = re.IGNORECASE | re.VERBOSE
_COUNTS = rf"(?=\s*{UNIT}|\s+{NOT_COUNTED}[^\W\d_]{{3}})"

#: `20-30 pairs`, `10 or 20 pcs`, `2 x 50 m`.
_RANGE = re.compile(
    rf"""(?<![\w.,/-])(?:\d+(?:[.,]\d+)?[-–—]|(?<!\bsize\s)(?<!\bkoko\s)(?<!\bgröße\s)
        (?<!\bstorlek\s)(?<!\bgrit\s)(?<!\bvg\s)(?<!\bsnr\s)\d+\s[-–—]\s
    |\d+(?:[.,]\d+)?\s?(?:(?<!\s)\.{{2,3}}(?!\s)|/|\+|[x×*]|to|or|bis|oder|til|till|eller|tai)\s?)
    \d+(?:[.,]\d+)?(?:\s*{UNIT})""",
    _FLAGS,
)
#: `20-30 gloves`, where only an amount can stand.
_LISTED_RANGE = re.compile(
    rf"^\d+\s?(?:-|–|—|to|or|bis|oder|eller|tai)\s?\d+\s+{NOT_COUNTED}[^\W\d_]{{3}}", _FLAGS
)
#: `ten or twelve gloves`; `for 100, 200 and 500 pcs`.
_CHOICE = re.compile(
    rf"""(?<![\w.,/-])(?:{AMOUNT}\s(?:to|or|bis|oder|till|eller|tai)\s{AMOUNT}(?!\w){_COUNTS}
    |(?:^|\b(?:for|of|über|für|quote|offer|need|på)\s)\d+(?:,|\s(?:and|und|ja|och))\s\d+\b
        (?:,|\s(?:and|und|ja|och)\b|\s*{UNIT}))""",
    _FLAGS,
)
#: `about 50 pcs`.
_ABOUT = re.compile(
    rf"""(?<!\w)(?:about|around|approx\.?|approximately|roughly|circa|cirka|zirka|ca\.?|~|some
    |at\sleast|at\smost|up\sto|max\.?|min\.?|minimum|maximum|over|under|nearly|almost
    |noin|suunnilleen|vähintään|enintään|alle|yli
    |etwa|ungefähr|mindestens|höchstens|bis\szu|ungefär|omkring|minst|högst)
    \s*{AMOUNT}{_COUNTS}""",
    _FLAGS,
)
_INEXACT = (_RANGE, _LISTED_RANGE, _CHOICE, _ABOUT)
_REFUSES = re.compile(
    r"""\b(?:not|without|but|don't|won't|no\slonger|instead|cancel\w*|except|rather\sthan|minus
    |ei|eikä|ilman|mutta|emme|älkää|sijaan|sijasta|paitsi
    |nicht|ohne|aber|keine?[nmrs]?|statt|anstatt|außer|inte|ej|utan|men|istället|utom|ikke)\b""",
    _FLAGS,
)
#: What was, or is every month, is not what is asked for now.
_OTHER_TIMES = re.compile(
    r"""\b(?:(?:a|per|every|each)\s(?:week|month|quarter|year)|weekly|monthly|yearly|annual\w*
    |already|ordered|received|bought|missing|broken|damaged|returned|left\sin\sstock
    |(?:viikossa|kuukaudessa|vuodessa)|jo\stilat\w*|tilasimme|saimme|ostimme|puuttui|rikki
    |monatlich|jährlich|(?:im|pro)\s(?:monat|jahr)|bereits|erhalten|bekommen|bestellten
    |(?:per|i)\s(?:månad|månaden|år)|årligen|redan|beställde|fick|köpte)\b""",
    _FLAGS,
)
_CORRECTS = re.compile(
    r"""\b(?:instead|cancel\w*|leave\sout|forget\s(?:the|about)|remove|correction|corrected
    |(?:the\s)?same\s(?:amount|quantity|quantities|items|products)?\s?as|last\stime|twice|double
    |sijaan|sijasta|perukaa|perutaan|unohda|unohtakaa|korjaus|viimeksi|edelliskerralla
    |stattdessen|stornier\w*|weglassen|korrektur|letztes\smal
    |istället|avbok\w*|rättelse|förra\sgången|stryk)\b""",
    _FLAGS,
)
_POINTS_ELSEWHERE = re.compile(
    r"""\b(?:attach(?:ed|ment|ments)|enclosed|liitteenä|liitteessä|liitteen|liite|liitetiedosto\w*
    |anbei|angehängt\w*|beigefügt\w*|im\sanhang|siehe\sanlage|in\sder\sanlage
    |bifog\w*|bilaga\w*|vedlagt|vedhæftet)\b""",
    _FLAGS,
)
#: `all in stainless`: said of things that are named elsewhere.
_OF_ALL = re.compile(
    r"\b(?:all|everything|both|kaikki|kaikissa|molemmat|alle[sn]?|beide|alla|allt|båda)\b",
    re.IGNORECASE,
)


#: `10   HB-M8X40   Hex bolt   40`: a place in a list and an amount, or the other way round.
_NUMBERED_ROW = re.compile(r"^\d{1,4}(?:\s{2,}|\s*[|;\t]\s*).*(?:\s{2,}|[|;\t])\s*\d+$")


def doubts_about_amounts(text: str) -> list[str]:
    """Return what is doubtful in a sentence that asks for things.

    >>> doubts_about_amounts("about 20-30 pairs of gloves")
    ["the amount '20-30 pairs' is not exact"]
    """
    inexact = next((m for p in _INEXACT if (m := p.search(text))), None)
    if inexact:
        return [f"the amount {inexact[0]!r} is not exact"]
    if _NUMBERED_ROW.match(text):
        return ["the first or the last number may be the amount"]
    other = next((m for p in (_REFUSES, _CORRECTS, _OTHER_TIMES) if (m := p.search(text))), None)
    return [f"{other[0]!r} may say that something else is asked for"] if other else []


def doubts_about_letter(sentences: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield each sentence beside the list that may change or add to it, and how."""
    for sentence in sentences:
        correction = _CORRECTS.search(sentence)
        elsewhere = _POINTS_ELSEWHERE.search(sentence)
        # "These instead:" is said of the list that follows, which is read.
        if correction and not sentence.endswith(":"):
            yield sentence, f"{correction[0]!r} may change what is asked for"
        elif elsewhere:
            yield sentence, f"{elsewhere[0]!r} says that more is asked for elsewhere"


def is_said_of_all(sentence: str) -> bool:
    """Say whether a sentence speaks of all that is asked for."""
    return bool(_OF_ALL.search(sentence))
