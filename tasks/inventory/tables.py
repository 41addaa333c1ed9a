"""Read tables: a header that names its columns, and the rows below it."""

import re
from collections.abc import Sequence
from itertools import takewhile

from tasks.inventory.line_grammar import Reading, Unreadable, read_line
from tasks.inventory.numbers import DIGITS, amount_of
from tasks.inventory.units import MEASURED, UNIT, unit_named
from tasks.quotation import RequestedLine

_HEADERS = {
    "amount": "qty quantity amount pieces määrä kpl menge anzahl stk antal",
    "unit": "unit uom yksikkö yks yks. einheit me enhet",
    "name": "item description product article name material tuote nimike nimi kuvaus artikel"
    " bezeichnung beschreibung produkt benämning",
    "code": "code sku part part-no partno koodi tuotekoodi tuotenumero artikelnummer art.nr"
    " artikel-nr. artikelnr",
    "ignored": "pos no # nr nro pos. rivi row line comment note huom bemerkung",
}
_COLUMN = {word: column for column, words in _HEADERS.items() for word in words.split()}
_CELLS = re.compile(r"\s*[|;\t]\s*|\s{2,}")
_RULE = re.compile(r"^[\s|+:=_-]{3,}$")
_AMOUNT = re.compile(rf"\s*({DIGITS})\s*({UNIT})?\s*", re.IGNORECASE)


def header_of(line: str) -> list[str] | None:
    """Return the columns that a header names, or None when the line is no header.

    >>> header_of("Code | Description | Qty")
    ['code', 'name', 'amount']
    """
    columns = [_column(cell) for cell in cells_of(line)]
    known = set(columns) - {"", "ignored"}
    has_words = "amount" in known and bool(known & {"name", "code"})
    # A sentence may hold one such word in a cell, but not two cells that are such words.
    return columns if has_words and len(columns) >= len(known) else None


def height_of_table(lines: Sequence[str]) -> int:
    """Return how many of the lines below a header are rows; a drawn rule is one."""
    rows = takewhile(lambda line: len(cells_of(line)) >= _FEWEST_COLUMNS or _is_rule(line), lines)
    return sum(1 for _ in rows)


def read_row(line: str, columns: Sequence[str]) -> list[Reading]:
    """Return what a row asks for."""
    if _is_rule(line):
        return []
    cells = cells_of(line)
    if len(cells) != len(columns):
        # Without a place for each cell the columns say nothing; the words still may.
        return read_line(line) or [Unreadable(line.strip(), "the row does not fit its header")]
    texts: dict[str, str] = {}
    for column, cell in zip(columns, cells, strict=True):
        texts[column] = f"{texts.get(column, '')} {cell}".strip()
    wanted = f"{texts.get('code', '')} {texts.get('name', '')}".strip()
    written = _AMOUNT.fullmatch(texts.get("amount", ""))
    if not wanted and not written:
        return []
    return [_row(" ".join(line.split()), wanted, written, texts.get("unit", ""))]


def _row(text: str, wanted: str, written: re.Match[str] | None, unit: str) -> Reading:
    if written is None:
        return Unreadable(text, "no amount is given")
    named = unit_named(written[2] or unit)
    amount = amount_of(written[1], whole=named not in MEASURED)
    if not amount:
        return Unreadable(text, f"the amount {written[1]!r} is not clear")
    if unit and not named:
        return Unreadable(text, f"the unit {unit!r} is not known")
    if not wanted:
        return Unreadable(text, "an amount is given, but not of what")
    return RequestedLine(text=text, wanted=wanted, amount=amount, unit=named)


#: One column is a list, not a table.
_FEWEST_COLUMNS = 2


def cells_of(line: str) -> list[str]:
    """Return a line's cells, parted by a bar, a semicolon, a tab or a gap."""
    return _CELLS.split(line.strip().strip("|").strip())


def _is_rule(line: str) -> bool:
    return bool(_RULE.match(line) and line.strip())


def _column(cell: str) -> str:
    words = cell.lower().replace("(", " ").replace(")", " ").replace("/", " ").split()
    found = [_COLUMN[word] for word in words if word in _COLUMN]
    # "Product code" is a code, "item no" too: the last word says what the cell holds.
    last = words[-1:] and words[-1] in {"no", "no.", "nr", "number", "code", "#"}
    if last and len(words) > 1:
        return "code"
    return found[0] if found and len(words) <= _WORDS_OF_A_HEADER else ""


#: Longer cells are sentences.
_WORDS_OF_A_HEADER = 3
