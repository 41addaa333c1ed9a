"""Find the amounts in a line, and tell them from sizes.

Sizes look like amounts: `3 m`, `200x4.8`, `24 V`. A counted unit or `12 x` says that a
number is an amount; any other number is one where things are listed: at the start of
the line, or behind a word that joins or asks.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from tasks.inventory.numbers import AMOUNT, DIGITS
from tasks.inventory.talk import ASKING, INTERESTED, JOINING, SEPARATOR
from tasks.inventory.units import COUNTED, MEASURED, UNIT, unit_named

_FLAGS = re.IGNORECASE | re.VERBOSE

# Not in a word, a code, a price or a date, nor the tail of a number such as 1 200.
_ALONE = (
    r"(?<![\w.,/:°€$+#-])"
    r"(?!(?:(?<=\b\d\s)|(?<=\b\d\d\s)|(?<=\b\d\d\d\s))\d{3}(?!\d))"
)

#: What follows a number that says how big, how long or when, not how many.
NOT_COUNTED = r"""(?!(?:mm2?|cm|km|ml|cl|dl|g|mg|v|kv|w|kw|a|ma|ka|k|h|hz|bar|db|lm|lw
    |volts?|amps?|watts?|grit|grade|wires?|cores?|deg|degrees?|percent|flats|floors?
    |eur|euros?|sek|usd|inch|inches|tuumaa|zoll|weeks?|days?|months?|years?|hours?|minutes?
    |o'clock|am|pm|viikkoa?|päivää|kuukautta|vuotta|tuntia|wochen?|tage?n?|monate?n?|jahre?n?
    |stunden|veckor|dagar|st\.|nd|rd|th|phase|pole|gang|way|modules?|january|february|march
    |april|may|june|july|august|september|october|november|december)(?![\w-])|[%°€"'])"""

#: `12 pcs`, `two dozen`, `12 x bolt`, `12 of the`, `qty: 12`.
_SURE = re.compile(
    rf"""{_ALONE}(?:
        (?:qty|quantity|määrä|menge|anzahl|antal)\.?\s*[:=]?\s*
            (?P<named>{DIGITS})(?![\w.,]*\w)(?:\s*(?P<named_unit>{UNIT}))?
      | (?P<counted>{AMOUNT})\s*(?P<unit>{COUNTED})
      | (?P<dozens>(?:half\sa\s|(?:{AMOUNT})\s?)?(?:dozens?|doz|tusinaa?|dutzend|dussin)(?!\w))
      | (?P<times>{DIGITS})(?:\s?[x×*]\s+|\*)(?=[^\W\d])
      | (?P<some>{DIGITS})(?=\s+of\s(?!\d|our|us\b|them|these))
    )""",
    _FLAGS,
)
#: `12 bolts`, `2.5 m cable`: amounts, if they stand where things are listed.
_BARE = re.compile(
    rf"""{_ALONE}(?P<counted>{AMOUNT})(?!\w)\s+{NOT_COUNTED}(?=["'(]?[^\W_])""", _FLAGS
)
_MEASURE = re.compile(rf"{_ALONE}(?P<counted>{DIGITS})\s*(?P<unit>{UNIT})", _FLAGS)

#: `6 belts` anywhere: how many of something, it seems.
_SOME_OF_IT = re.compile(rf"{_ALONE}\d{{1,4}}\s+{NOT_COUNTED}[^\W\d_]{{4,}}", _FLAGS)

#: Number words that mostly are no numbers.
_ARTICLES = frozenset({"a", "an", "ein", "eine", "einen", "en", "ett"})
_A_THING = re.compile(r"\s*[^\W\d_]{3}")
_TWO_WORDS = re.compile(r"\s*[^\W\d_]{3}[\w-]*\s+\w")


@dataclass(frozen=True)
class Amount:
    """An amount as it is written, and where."""

    start: int
    end: int
    written: str
    #: our word, empty when none is given
    unit: str

    def overlaps(self, other: "Amount") -> bool:
        """Say whether both share a letter."""
        return self.start < other.end and other.start < self.end


def amounts_in(text: str) -> list[Amount]:
    """Return the amounts that say how many, in their order; sizes are left out.

    >>> [a.written for a in amounts_in("3 tape measures 5 m")]
    ['3']
    """
    sure = [_amount(match) for match in _SURE.finditer(text)]
    measured = _beside(sure, (_amount(match) for match in _MEASURE.finditer(text)))
    bare = _beside([*sure, *measured], (_amount(match) for match in _BARE.finditer(text)))
    listed = [*sure, *(one for one in (*measured, *bare) if _is_listed(text, one))]
    if listed:
        firm = sorted(listed, key=lambda one: one.start)
        return _without_opening_size(text, _with_those_after_commas(text, firm, measured, bare))
    return measured


def unread_amounts(text: str, read: Iterable[str]) -> list[str]:
    """Return what looks like an amount of something and is in no text that was read.

    >>> unread_amounts("quickly 6 belts and 10 pcs nut", ["10 pcs", "nut"])
    ['6 belts']
    """
    known = [" ".join(one.split()) for one in read]
    found = (" ".join(match[0].split()) for match in _SOME_OF_IT.finditer(text))
    return [one for one in found if not any(one in k or one.startswith(k) for k in known if k)]


def _beside(sure: Iterable[Amount], others: Iterable[Amount]) -> list[Amount]:
    taken = list(sure)
    return [one for one in others if not any(one.overlaps(other) for other in taken)]


def _is_listed(text: str, one: Amount) -> bool:
    """Say whether an amount stands at the start, or behind a word that joins or asks."""
    is_there = one.start == 0 or _word_before(text, one) in JOINING | ASKING | SEPARATOR
    return is_there and not _is_article(one)


def _is_article(one: Amount) -> bool:
    return one.written.lower() in _ARTICLES


def _word_before(text: str, one: Amount) -> str:
    before = text[: one.start].rstrip()
    if before.endswith((";", ":")):
        return before[-1]
    if before[-_LONGEST_WORD:].lower().endswith(INTERESTED):
        return "for"
    words = before[-_LONGEST_WORD:].split()
    return words[-1].lower() if words else ""


_LONGEST_WORD = 30


def _with_those_after_commas(
    text: str, firm: list[Amount], measured: list[Amount], bare: list[Amount]
) -> list[Amount]:
    """Add `200 m of cable` in `10 nuts, 200 m of cable`; `, 2 m` alone is a size."""
    found = list(firm)
    for one in (*measured, *bare):
        follows = text[: one.start].rstrip().endswith(",") and firm[0].end <= one.start
        thing = _TWO_WORDS if one.unit in MEASURED else _A_THING
        if follows and one not in firm and thing.match(text, one.end):
            found.append(one)
    return sorted(found, key=lambda one: one.start)


def _without_opening_size(text: str, amounts: list[Amount]) -> list[Amount]:
    """Leave out the `5 m` of `5 m tape measures, 12 pcs`."""
    opening, *others = amounts
    ends = bool(others) and not _A_THING.match(text, others[-1].end)
    return others if ends and opening.start == 0 and opening.unit in MEASURED else amounts


def _amount(match: re.Match[str]) -> Amount:
    groups = match.groupdict()
    name = next(n for n in ("named", "counted", "dozens", "times", "some") if groups.get(n))
    word = groups.get("unit") or groups.get("named_unit") or ("pcs" if name == "dozens" else "")
    return Amount(match.start(), match.end(), match[name].strip(), unit_named(word))
