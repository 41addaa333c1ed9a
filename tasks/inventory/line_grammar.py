"""Read what a line asks for: how many, of which unit, of what.

    12 pcs Hex bolt M8x40             the amount leads
    Hex bolt M8x40 - 12 kpl           or follows
    need 12 pcs of X and 2 boxes of Y one sentence, two things

Within a line all amounts stand on the same side of their things. What could be read
in two ways is not read: it comes back as `Unreadable`, for a person to look at.
"""

import re
from dataclasses import dataclass

from tasks.inventory import wording
from tasks.inventory.amounts import Amount, amounts_in, unread_amounts
from tasks.inventory.doubts import doubts_about_amounts
from tasks.inventory.number_words import NUMBER_WORDS, number_of_words
from tasks.inventory.numbers import DIGITS, amount_of
from tasks.inventory.units import MEASURED, UNIT
from tasks.quotation import RequestedLine

#: `Hex bolt M8x40: 12`, `HB-M8X40-A2  12`, `Hex bolt x 12`.
_LAST = re.compile(
    rf"(?P<wanted>.*?[^\W\d_].*?)"
    rf"(?:\s*[:=;|]\s*|\s+[-–]\s+|,\s+|\t+|\s{{2,}}|(?<=[^\W\d])\s+[x×]\s*)"
    rf"(?P<amount>{DIGITS})\s*[.;,]?$"
)
#: `HB-M8X40-A2 12`: a code and a number, nothing else.
_CODE_AND_LAST = re.compile(
    rf"(?P<wanted>(?=\S*\d)[A-Z]\S*[-_/]\S+)\s+(?:[x×]\s?)?(?P<amount>{DIGITS})\s*[.;,]?$"
)
_VAGUE = re.compile(
    r"\b(a few|some|a couple of|several|muutama[an]?|joitakin|einige|ein paar|några)\b"
    r"(?!\s(?:(?:other|more|new|spare)\s)?(?:parts|items|things|materials?|products|goods|questions"
    r"|info\w*|help|days|weeks|time|hours|minutes|osia|tuotteita|tarvikkeita|kysymy\w*|teile|fragen"
    r"|produkte|delar|produkter|frågor|saker)\b)",
    re.IGNORECASE,
)
#: `12 | pcs`: an amount in one cell and its unit in the next.
_IN_TWO_CELLS = re.compile(rf"(\d)\s*[|;\t]\s*(?={UNIT}\s*(?:$|[|;\t]))", re.IGNORECASE)

#: `two (2) pcs`.
_SAID_TWICE = re.compile(rf"(?<!\w)({NUMBER_WORDS})\s?\((\d+)\)", re.IGNORECASE)


@dataclass(frozen=True)
class Unreadable:
    """Words that ask for something, and what is unclear about them."""

    text: str
    problem: str


@dataclass(frozen=True)
class Aside:
    """Words in a sentence that asks for things which belong to none of its amounts."""

    text: str


Reading = RequestedLine | Unreadable | Aside


def leads_with_amount(line: str) -> bool:
    """Say whether a line begins with how many."""
    return any(one.start == 0 for one in amounts_in(wording.without_bullet(line)))


def ends_with_amount(line: str) -> bool:
    """Say whether a line ends with how many."""
    text = line.rstrip(" .;,")
    return any(one.end >= len(text) for one in amounts_in(text)) or bool(_last(text))


def _said_once(match: re.Match[str]) -> str:
    return match[2] if str(number_of_words(match[1])) == match[2] else match[0]


def _last(text: str) -> re.Match[str] | None:
    return _CODE_AND_LAST.match(text) or _LAST.match(text)


def read_line(line: str) -> list[Reading]:
    """Return what a line or a sentence asks for; nothing when it asks for nothing.

    >>> read_line("- 12 pcs Hex bolt M8x40")[0].wanted
    'Hex bolt M8x40'
    """
    text = _IN_TWO_CELLS.sub(r"\1 ", wording.without_bullet(line))
    text = _SAID_TWICE.sub(_said_once, text)
    amounts = amounts_in(text)
    if amounts:
        return [
            *_readings(text, amounts),
            *(Unreadable(text, d) for d in doubts_about_amounts(text)),
        ]
    listed = wording.is_listed(line)
    last = _last(text)
    if last and (listed or not wording.is_talk(last["wanted"])):
        one = Amount(last.start("amount"), last.end("amount"), last["amount"], "")
        return [_reading(text, one, wording.tidy(last["wanted"]))]
    return _without_amount(text, listed=listed)


def _readings(text: str, amounts: list[Amount]) -> list[Reading]:
    things, asides = _things(text, amounts)
    read = [*(one.written for one in amounts), *(wanted for _, wanted in things)]
    unread = [_what_of(text, left) for left in unread_amounts(text, read)]
    lines = [_reading(text, one, wanted) for one, wanted in things]
    return [*lines, *unread, *(Aside(aside) for aside in asides if aside)]


def _what_of(text: str, left: str) -> Unreadable:
    return Unreadable(text, f"{left!r} could not be placed")


def _without_amount(text: str, *, listed: bool) -> list[Reading]:
    vague = _VAGUE.search(text)
    if vague and wording.is_thing(text[vague.end() :]):
        return [Unreadable(text, f"how many is {vague[0]!r}")]
    if listed and wording.is_thing(text):
        return [Unreadable(text, "no amount is given")]
    return []


#: What stands between a name and its amount.
_JOINT = " \t:=.–-("

_Pair = tuple[Amount, str]


def _things(text: str, amounts: list[Amount]) -> tuple[list[_Pair], list[str]]:
    """Pair each amount with its words: those after it, or all with those before.

    Returns also the words that belong to none.
    """
    after = _pieces(text, [one.end for one in amounts], [one.start for one in amounts[1:]])
    before = _pieces(text, [0, *(one.end for one in amounts)], [one.start for one in amounts])
    asides = [talk for _, talk in after]
    opens = text[: amounts[0].start]
    opening = wording.after_asking(opens.rstrip(_JOINT))
    name, about = wording.parted(opening)
    if wording.is_thing(name) and not wording.is_thing(after[-1][0]):
        wanted = [name, *(thing for thing, _ in before[1:-1])]
        # `Tape measure, 3 pcs, 5 m`: too short for a name, but part of one.
        wanted[-1] = f"{wanted[-1]} {after[-1][0]}".strip()
        asides += [about, opens.rstrip(_JOINT).removesuffix(opening)]
        return _merged(text, list(zip(amounts, wanted, strict=False)), follows=True), asides
    wanted = [thing for thing, _ in after]
    told_before = wording.after_asking(opens)
    beside, about = wording.parted(told_before)
    is_told_after = wording.is_thing(wanted[0])
    if wording.is_thing(beside) and (not is_told_after or wording.is_code(beside)):
        # A code before the amount and a name after it: both say what it is.
        wanted[0] = f"{beside} {wanted[0]}"
        asides += [about, opens.rstrip().removesuffix(told_before)]
    else:
        asides = [opens, *asides]
    return _merged(text, list(zip(amounts, wanted, strict=True)), follows=False), asides


def _pieces(text: str, starts: list[int], ends: list[int]) -> list[tuple[str, str]]:
    ends = [*ends, len(text)]
    return [wording.parted(text[a:b]) for a, b in zip(starts, ends, strict=True)]


def _merged(text: str, pairs: list[_Pair], *, follows: bool) -> list[_Pair]:
    """Give an amount without words to the name beside it: `ties, 100 pcs` is one name."""
    merged: list[_Pair] = []
    for one, words in pairs:
        if wording.is_thing(words) or not merged:
            merged.append((one, words))
            continue
        earlier, name = merged.pop()
        written = text[earlier.start : earlier.end]
        kept = (
            (one, f"{name} {written} {words}")
            if follows
            else (earlier, text[earlier.end : one.end])
        )
        merged.append((kept[0], wording.tidy(kept[1])))
    return merged


def _reading(text: str, one: Amount, wanted: str) -> Reading:
    amount = amount_of(one.written, whole=one.unit not in MEASURED)
    if amount is None or amount <= 0 or _may_be_two_numbers(text, one):
        return Unreadable(text, f"the amount {one.written!r} is not clear")
    if not wording.is_thing(wanted):
        return Unreadable(text, "an amount is given, but not of what")
    return RequestedLine(text=text, wanted=wanted, amount=amount, unit=one.unit)


def _may_be_two_numbers(text: str, one: Amount) -> bool:
    """Say whether `9 100 pcs` may be size 9 and a hundred pieces."""
    if not re.search(r"\d\s\d", one.written):
        return False
    before = text[: one.start]
    # A gap parts columns, a comma or a colon parts name and amount: then it is one number.
    touches = before.endswith(" ") and not before.endswith("  ") and before[-2:-1].isalnum()
    return not one.unit or (touches and bool(wording.after_asking(before)))
