"""Find the amounts in a line, and tell them from sizes.

Sizes look like amounts: `3 m`, `200x4.8`, `24 V`. So the surest decide: a counted
unit or `12 x` before a bare number, a number that opens the line before a measure
in the midst of it.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from tasks.inventory.numbers import AMOUNT, DIGITS
from tasks.inventory.units import COUNTED, UNIT, unit_named

_FLAGS = re.IGNORECASE | re.VERBOSE

# Not in a word, a code, a price or a date, nor the tail of a number such as 1 200.
_ALONE = r"(?<![\w.,/:°€$+#-])(?<!\b\d\s)(?<!\b\d\d\s)(?<!\b\d\d\d\s)"

#: What follows a number that says how big, how long or when, not how many.
_NOT_COUNTED = r"""(?!(?:mm2?|cm|km|ml|cl|dl|g|mg|v|kv|w|kw|a|ma|ka|k|h|hz|bar|db|lm
    |eur|euros?|sek|usd|inch|inches|tuumaa|zoll|weeks?|days?|months?|years?|hours?|minutes?
    |o'clock|am|pm|viikkoa?|päivää|kuukautta|vuotta|tuntia|wochen?|tage?n?|monate?n?|jahre?n?
    |stunden|veckor|dagar|st\.|nd|rd|th|phase|pole|gang|way|modules?|january|february|march
    |april|may|june|july|august|september|october|november|december)(?!\w)|[%°€"'])"""

#: `12 pcs`, `two dozen`, `12 x bolt`, `12 of the`, `qty: 12`.
_SURE = re.compile(
    rf"""{_ALONE}(?:
        (?:qty|quantity|määrä|menge|anzahl|antal)\.?\s*[:=]?\s*
            (?P<named>{DIGITS})(?![\w.,]*\w)(?:\s*(?P<named_unit>{UNIT}))?
      | (?P<counted>{AMOUNT})\s*(?P<unit>{COUNTED})
      | (?P<dozens>(?:half\sa\s|(?:{AMOUNT})\s?)?(?:dozens?|tusinaa?|dutzend|dussin))(?!\w)
      | (?P<times>{DIGITS})\s?[x×*]\s+(?=[^\W\d])
      | (?P<some>{DIGITS})(?=\s+of\s(?!\d|our|us\b|them|these))
    )""",
    _FLAGS,
)
#: `12 bolts` where things are listed: at the start, or after a word that asks or joins.
_BARE = re.compile(
    rf"""(?:^|(?<=\s))(?:(?:(?P<joins>and|plus|ja|sekä|und|sowie|och)
      |(?P<asks>needs?|quote|quoting|offer|order|want|require|like|for|get|buy|of|also|about
      |tarvitsemme|tarvitsen|tarjous|tarjoatteko|tilaamme|haluaisimme|brauchen|benötigen|angebot
      |über|für|anbieten|bestellen|offerera|behöver))\s+)?
    {_ALONE}(?P<counted>{AMOUNT})(?!\w)\s+{_NOT_COUNTED}(?=["'(]?[^\W_])""",
    _FLAGS,
)
#: `2.5 m cable`.
_MEASURE = re.compile(rf"{_ALONE}(?P<counted>{DIGITS})\s*(?P<unit>{UNIT})", _FLAGS)

#: `6 belts` anywhere: how many of something, it seems.
_SOME_OF_IT = re.compile(rf"{_ALONE}\d{{1,4}}\s+{_NOT_COUNTED}[^\W\d_]{{4,}}", _FLAGS)

#: Number words that mostly are no numbers.
_ARTICLES = frozenset({"a", "an", "one", "ein", "eine", "einen", "en", "ett"})


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
    matches = [match for match in _BARE.finditer(text) if _lists(match)]
    bare = [_amount(match) for match in matches]
    if sure:
        # "10 ties, 100 pcs": a number that opens a line counts as surely as a unit does.
        firm = {one for one, match in zip(bare, matches, strict=True) if _is_firm(match)}
        firm = {one for one in firm if not any(one.overlaps(other) for other in sure)}
        return sorted([*sure, *firm], key=lambda one: one.start)
    measured = [_amount(match) for match in _MEASURE.finditer(text)]
    if measured and measured[0].start == 0:
        return measured[:1]
    return [one for one in bare if not any(one.overlaps(m) for m in measured)] or measured


def unread_amounts(text: str, read: Iterable[str]) -> list[str]:
    """Return what looks like an amount of something and is in no text that was read.

    >>> unread_amounts("quickly 6 belts and 10 pcs nut", ["10 pcs", "nut"])
    ['6 belts']
    """
    known = [" ".join(one.split()) for one in read]
    found = (" ".join(match[0].split()) for match in _SOME_OF_IT.finditer(text))
    return [one for one in found if not any(one in k or one.startswith(k) for k in known if k)]


def _lists(match: re.Match[str]) -> bool:
    opens = match.start("counted") == 0 and match["counted"].lower() not in _ARTICLES
    return opens or bool((match["joins"] or match["asks"]) and match["counted"][0].isdigit())


def _is_firm(match: re.Match[str]) -> bool:
    return match.start("counted") == 0 or bool(match["joins"])


def _amount(match: re.Match[str]) -> Amount:
    groups = match.groupdict()
    name = next(n for n in ("named", "counted", "dozens", "times", "some") if groups.get(n))
    word = groups.get("unit") or groups.get("named_unit") or ("pcs" if name == "dozens" else "")
    start = match.start(name) if "joins" in groups else match.start()
    return Amount(start, match.end(), match[name].strip(), unit_named(word))
