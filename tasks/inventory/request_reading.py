"""Read what a mail asks for: in a table, in a list, in sentences.

A mail is read line by line. A line that goes on in the next one is joined to it, a
paragraph is cut into sentences, and a table is read by its header.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from tasks.inventory.line_grammar import (
    Aside,
    Reading,
    Unreadable,
    ends_with_amount,
    leads_with_amount,
    read_line,
)
from tasks.inventory.numbers import AMOUNT
from tasks.inventory.tables import header_of, height_of_table, read_row
from tasks.inventory.talk import is_greeting
from tasks.inventory.units import UNIT
from tasks.inventory.wording import is_listed
from tasks.quotation import RequestedLine

_SENTENCE_END = re.compile(
    r"(?<=[.?!])(?<!\d\.)(?i:(?<!\bpcs\.)(?<!\bstk\.)(?<!\bkpl\.)(?<!\bst\.)(?<!\bno\.)(?<!\bnr\.)"
    r"(?<!\bart\.)(?<!\bapprox\.)(?<!\bca\.)(?<!\bpkt\.)(?<!\bincl\.))\s+(?=[^\W\d_a-zåäöü])"
)
_JOINS = re.compile(r"(?:\b(?:and|of|or|for|ja|sekä|und|och|sowie)|[,(–-])\s*$", re.IGNORECASE)

#: A mail program breaks prose at 72 letters or so; a shorter line ended on purpose.
_FULL_LINE = 60
#: Nobody writes a longer sentence, and the time to read one grows faster than its length.
LONGEST_SENTENCE = 500
#: Nor a longer letter.
LONGEST_LETTER = 20_000


@dataclass
class RequestReading:
    """What was read of a mail, and what was left."""

    lines: list[RequestedLine] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)
    #: words that stand in a sentence beside what it asks for
    asides: list[str] = field(default_factory=list)
    #: sentences that seem to ask for nothing
    rest: list[str] = field(default_factory=list)

    def add(self, text: str, readings: Iterable[Reading]) -> None:
        """Sort readings of a text; none at all leaves the text in the rest."""
        found = list(readings)
        self.lines += [one for one in found if isinstance(one, RequestedLine)]
        self.unreadable += [one for one in found if isinstance(one, Unreadable)]
        self.asides += [one.text for one in found if isinstance(one, Aside)]
        if not found and text.strip():
            self.rest.append(text.strip())


def read_request(text: str) -> RequestReading:
    """Return all that a letter asks for."""
    reading = RequestReading()
    if len(text) > LONGEST_LETTER:
        reading.unreadable.append(Unreadable(f"{text[:80]} …", "the letter is too long to read"))
        return reading
    prose: list[str] = []
    lines = text.splitlines()
    at = 0
    while at < len(lines):
        columns = header_of(lines[at])
        if columns is None:
            prose.append(lines[at])
            at += 1
            continue
        _read_prose(prose, reading)
        prose = []
        height = height_of_table(lines[at + 1 :], columns)
        for row in lines[at + 1 : at + 1 + height]:
            reading.add("", read_row(row, columns))
        at += 1 + height
    _read_prose(prose, reading)
    return reading


def _read_prose(lines: Iterable[str], reading: RequestReading) -> None:
    for paragraph in _joined(lines):
        for sentence in _SENTENCE_END.split(paragraph):
            if len(sentence) <= LONGEST_SENTENCE:
                reading.add(sentence, read_line(sentence))
            else:
                reading.unreadable.append(
                    Unreadable(f"{sentence[:80]} …", "it is too long to read")
                )


def _joined(lines: Iterable[str]) -> Iterator[str]:
    """Join a line to the one before it where a sentence goes on."""
    current = ""
    is_item = False
    for line in lines:
        if current and _goes_on(current, line, is_item=is_item):
            current = f"{current.rstrip()} {line.strip()}"
            continue
        if current.strip():
            yield current
        current = line
        # Of its first line, and once: what grows would be read again with each line it grows by.
        is_item = leads_with_amount(line) or is_listed(line)
    if current.strip():
        yield current


#: `Qty: 12`, or an indented `12 pcs`, on the line below a product.
_ITS_AMOUNT = re.compile(
    rf"\s*(?:qty|quantity|amount|määrä|menge|anzahl|antal)\s*:\s*{AMOUNT}(?:\s*{UNIT})?\s*"
    rf"|\s+{AMOUNT}\s*{UNIT}\s*",
    re.IGNORECASE,
)


def _goes_on(current: str, line: str, *, is_item: bool) -> bool:
    if _ITS_AMOUNT.fullmatch(line) and not ends_with_amount(current):
        return True
    if len(current) > LONGEST_SENTENCE or is_greeting(current) or _are_items(current, line):
        return False
    if not line.strip() or is_listed(line) or current.rstrip().endswith((":", ".", "?", "!")):
        return False
    if is_item:
        # An item of a list goes on in a line that is indented below it.
        return line[0].isspace() and not leads_with_amount(line)
    return bool(_JOINS.search(current)) or len(current) >= _FULL_LINE or line.lstrip()[0].islower()


def _are_items(*lines: str) -> bool:
    """Say whether each line is short and ends with how many: a list without bullets."""
    return all(len(line) < _FULL_LINE and ends_with_amount(line) for line in lines)
