"""Read amounts as people write them: `1 200`, `1.250`, `2,5`, `two dozen`.

A full stop or a comma before three digits parts thousands in one country and
decimals in the next. For what is counted only thousands make sense; for metres and
kilos both do, so the amount is not read and a person is asked.
"""

import re
from decimal import Decimal

from tasks.inventory.number_words import NUMBER_WORDS, number_of_words

_TIMES = {
    **dict.fromkeys(("dozen", "dozens", "doz", "tusina", "tusinaa", "dutzend", "dussin"), 12),
    "hundred": 100,
    "thousand": 1000,
}

_DIGITS = r"\d{1,3}(?:[ \u202f'’]\d{3})+(?:,\d+)?(?!\d)|\d+(?:[.,]\d+)*"
_SCALE = "|".join(_TIMES)

#: Matches an amount in digits or words.
AMOUNT = rf"(?:half\sa\s(?:{_SCALE})|(?:{_DIGITS}|{NUMBER_WORDS})(?:\s(?:{_SCALE}))?|(?:{_SCALE}))"
#: Matches an amount in digits.
DIGITS = rf"(?:{_DIGITS})"


def amount_of(text: str, *, whole: bool) -> Decimal | None:
    """Return the amount a text names, or None when it can be read in two ways.

    Args:
        text: what `AMOUNT` or `DIGITS` matched.
        whole: the unit is counted, so that a fraction makes no sense.

    >>> amount_of("1.250", whole=True)
    Decimal('1250')
    """
    *head, last = text.lower().split()
    factor = _TIMES.get(last, 0) if not last[0].isdigit() else 0
    if head == ["half", "a"]:
        return Decimal(factor) / 2
    if factor and not head:
        return Decimal(factor)
    words = " ".join(head) if factor else text.lower()
    amount = _digits(words, whole=whole) if words[0].isdigit() else _in_words(words)
    amount = amount * factor if amount is not None and factor else amount
    return None if amount is not None and whole and amount % 1 else amount


def _in_words(text: str) -> Decimal | None:
    number = number_of_words(text)
    return None if number is None else Decimal(number)


def _digits(text: str, *, whole: bool) -> Decimal | None:
    text = re.sub(r"[ \u202f'’]", "", text)
    if len(text) > _LONGEST:
        return None
    marks = re.findall(r"[.,]", text)
    if not marks:
        return Decimal(text)
    if len(set(marks)) > 1:
        return _with_both_marks(text, marks)
    if len(marks) > 1:
        return _grouped(text, marks[0])
    before, after = text.split(marks[0])
    if len(after) == _GROUP and before != "0":
        return Decimal(before + after) if whole and len(before) <= _GROUP else None
    return Decimal(f"{before}.{after}")


#: Nobody orders ten digits of anything; such a number is a phone's or an account's.
_LONGEST = 12
#: Digits between two marks that part thousands.
_GROUP = 3


def _with_both_marks(text: str, marks: list[str]) -> Decimal | None:
    # `1.250,50` and `1,250.50`: the last mark is the decimal one, and it stands once.
    decimal = marks[-1]
    if marks.count(decimal) > 1:
        return None
    whole, fraction = text.split(decimal)
    thousands = _grouped(whole, marks[0])
    return None if thousands is None else thousands + Decimal(f"0.{fraction}")


def _grouped(text: str, mark: str) -> Decimal | None:
    first, *groups = text.split(mark)
    fits = 1 <= len(first) <= _GROUP and all(len(group) == _GROUP for group in groups)
    return Decimal(first + "".join(groups)) if fits else None
