"""Read number words: `twenty-five`, `fünfundzwanzig`, `kaksikymmentäviisi`, `tjugofem`.

English, German, Finnish and Swedish, from one to some thousands. A number is read by the
parts it is built of, for the last three languages write them as one word. It is our own
because the libraries for number words read no Finnish and no Swedish.
"""

import re
from collections.abc import Iterable


def _numbered(words: str, first: int, step: int = 1) -> dict[str, int]:
    return {word: first + step * place for place, word in enumerate(words.split())}


_ONES = {
    "en": _numbered("one two three four five six seven eight nine", 1),
    "de": _numbered("ein zwei drei vier fünf sechs sieben acht neun", 1),
    "fi": _numbered("yksi kaksi kolme neljä viisi kuusi seitsemän kahdeksan yhdeksän", 1),
    "sv": _numbered("ett två tre fyra fem sex sju åtta nio", 1),
}
_TENS = {
    "en": _numbered("twenty thirty forty fifty sixty seventy eighty ninety", 20, 10),
    "de": _numbered("zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig", 20, 10),
    "sv": _numbered("tjugo trettio fyrtio femtio sextio sjuttio åttio nittio", 20, 10),
}
#: Ten to nineteen, and what else is one word.
_WHOLE = {
    **_numbered("ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen", 10),
    **_numbered("zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn achtzehn", 10),
    **_numbered("tio elva tolv tretton fjorton femton sexton sjutton arton nitton", 10),
    "nineteen": 19,
    "neunzehn": 19,
    "kymmenen": 10,
    "dreissig": 30,
    "fuenfzig": 50,
    "a": 1,
    "an": 1,
    "eine": 1,
    "einen": 1,
    "en": 1,
    "fuenf": 5,
    "zwoelf": 12,
}
_HUNDRED, _THOUSAND = 100, 1000
_SCALES = {
    **dict.fromkeys("hundred hundert sataa sata hundra".split(), _HUNDRED),
    **dict.fromkeys("thousand tausend tuhatta tuhat tusen".split(), _THOUSAND),
}
#: What Finnish puts behind a digit: `kaksitoista` is 12, `kaksikymmentä` 20.
_TEEN_ENDING, _TEN_ENDING = "toista", "kymmentä"


def _any(words: Iterable[str]) -> str:
    return "(?:" + "|".join(sorted(words, key=len, reverse=True)) + ")"


_BELOW_A_HUNDRED = _any(
    (
        rf"{_any(_TENS['en'])}(?:[-\s]{_any(_ONES['en'])})?",
        rf"(?:{_any(_ONES['de'])}und)?{_any(_TENS['de'])}",
        rf"{_any(_ONES['fi'])}(?:{_TEN_ENDING}{_any(_ONES['fi'])}?|{_TEEN_ENDING})?",
        rf"{_any(_TENS['sv'])}{_any(_ONES['sv'])}?",
        *(_any(ones) for ones in _ONES.values()),
        _any(_WHOLE),
    )
)
_SCALED = rf"(?:{_BELOW_A_HUNDRED}\s?)?{_any(_SCALES)}"

#: Matches a number in words.
NUMBER_WORDS = (
    rf"(?:(?:{_SCALED}\s?){{1,2}}(?:(?:and\s|und)?{_BELOW_A_HUNDRED})?|{_BELOW_A_HUNDRED})(?!\w)"
)

#: What joins parts adds nothing; unnamed, the `an` of `and` would be one.
_JOINS = {"and": 0, "und": 0}
_VALUES = {
    word: value
    for words in (*_ONES.values(), *_TENS.values(), _WHOLE, _SCALES, _JOINS)
    for word, value in words.items()
}
_PART = re.compile(_any((*_VALUES, _TEEN_ENDING, _TEN_ENDING)))
_NUMBER = re.compile(NUMBER_WORDS)


def number_of_words(text: str) -> int | None:
    """Return the number that words name, or None when they name none.

    >>> number_of_words("one hundred and twenty-five"), number_of_words("kaksitoista")
    (125, 12)
    """
    words = text.lower()
    if not _NUMBER.fullmatch(words):
        return None
    thousands = below = last = 0
    for part in _PART.findall(words):
        last, before = _VALUES.get(part, 0), last
        if part == _TEEN_ENDING:
            below += 10
        elif part == _TEN_ENDING:
            below += before * 9
        elif last == _THOUSAND:
            thousands, below = max(below, 1) * last, 0
        elif last == _HUNDRED:
            below = max(below, 1) * last
        else:
            below += last
    return thousands + below
