"""Read tables: a header that names its columns, and the rows below it."""

import re
from collections.abc import Sequence
from itertools import takewhile

from tasks.inventory.line_grammar import Reading, Unreadable, read_line
from tasks.inventory.numbers import DIGITS, amount_of
from tasks.inventory.units import MEASURED, UNIT, unit_named
from tasks.quotation import RequestedLine

_HEADERS = {
    "amount": "qty qty. q'ty quantity quantities amount pieces count määrä maara menge anzahl antal"
    " mängd",
    "unit": "unit units uom yksikkö yks yks. yksikko einheit me enhet enh enh.",
    "name": "item items description product products article articles name material materials goods"
    " tuote tuotteet nimike nimi nimitys kuvaus selite materiaali artikel bezeichnung"
    " beschreibung produkt produkte ware benämning beskrivning vara varor",
    "code": "code sku part part-no partno koodi tuotekoodi tuotenumero tuotenro artikelnummer"
    " art.nr artikel-nr artikelnr bestellnummer varenummer artnr",
    "ignored": "pos no # nr nro position rivi row line comment comments note notes remark remarks"
    " huom huomautus kommentti bemerkung kommentar anmärkning price prices hinta preis pris total"
    " summa eur delivery toimitus toimitusaika lieferzeit lieferung leverans need-by"
    " needed required date pvm deadline due week liefertermin termin",
}
_COLUMN = {word: column for column, words in _HEADERS.items() for word in words.split()}
_CELLS = re.compile(r"\s*[|;\t]\s*|\s{2,}")
_RULE = re.compile(r"^[\s|+:=_-]{3,}$")
_AMOUNT = re.compile(rf"\s*({DIGITS})\s*({UNIT})?\s*", re.IGNORECASE)
#: `10`, where the next row says `20`: the place of a row, not its name.
_PLACE = re.compile(r"#?\d{1,4}[.)]?")

_DATE = re.compile(
    r"\d{1,4}[./-]\d{1,2}[./-]\d{0,4}|(?:w|wk|week|kw|vk|v)\.?\s?\d{1,2}", re.IGNORECASE
)

#: `Unit price` is no unit.
_MONEY = frozenset("price prices hinta preis pris eur € total summa".split())

#: A column that the header names in a word we do not know may tell a size or a colour.
_OTHER = "other"


def header_of(line: str) -> list[str] | None:
    """Return the columns that a header names, or None when the line is no header.

    An amount's column ends with the unit that its header gives.

    >>> header_of("Code | Description | Qty (pcs)")
    ['code', 'name', 'amount pcs']
    """
    cells = cells_of(line)
    columns = [_column(cell) for cell in (cells if len(cells) > 1 else line.split(","))]
    kinds = {column.split()[0] for column in columns}
    # A sentence may hold one such word in a cell, but not two cells that are such words.
    return columns if "amount" in kinds and kinds & {"name", "code"} else None


def height_of_table(lines: Sequence[str], columns: Sequence[str]) -> int:
    """Return how many of the lines below a header are rows; a drawn rule is one."""
    rows = takewhile(
        lambda line: len(_cells_for(line, columns)) >= _FEWEST_COLUMNS or _is_rule(line), lines
    )
    return sum(1 for _ in rows)


def read_row(line: str, columns: Sequence[str]) -> list[Reading]:
    """Return what a row asks for."""
    if _is_rule(line):
        return []
    cells = _cells_for(line, columns)
    kinds = [column.split()[0] for column in columns]
    if kinds.count("amount") > 1:
        return [Unreadable(line.strip(), "the table has two columns of amounts")]
    if len(cells) != len(columns):
        return _unfitting(line, cells)
    texts: dict[str, str] = {}
    for kind, cell in zip(kinds, cells, strict=True):
        if kind == _OTHER and _DATE.fullmatch(cell):
            continue
        texts[kind] = f"{texts.get(kind, '')} {cell}".strip()
    unit = texts.get("unit", "") or _unit_of_header(columns)
    wanted = _wanted(texts, [c for k, c in zip(kinds, cells, strict=True) if k == "name"])
    if not wanted and not texts["amount"]:
        return []
    return [_row(" ".join(line.split()), wanted, _AMOUNT.fullmatch(texts["amount"]), unit)]


def _unfitting(line: str, cells: Sequence[str]) -> list[Reading]:
    # Without a place for each cell the columns say nothing; the words still may.
    readings = [] if _PLACE.fullmatch(cells[0]) else read_line(line)
    return readings or [Unreadable(line.strip(), "the row does not fit its header")]


def _wanted(texts: dict[str, str], names: Sequence[str]) -> str:
    """Return what the cells of a row name, the row's own place left out."""
    cells = [cell for cell in (texts.get("code", ""), *names) if cell]
    told = [cell for cell in cells if not _PLACE.fullmatch(cell)] or cells
    return " ".join(part for part in (*told, texts.get(_OTHER, "")) if part).strip()


def _row(text: str, wanted: str, written: re.Match[str] | None, unit: str) -> Reading:
    if written is None:
        return Unreadable(text, "no amount is given")
    named = unit_named(written[2] or unit)
    amount = amount_of(written[1], whole=named not in MEASURED)
    if not amount:
        return Unreadable(text, f"the amount {written[1]!r} is not clear")
    if unit and not unit_named(unit):
        return Unreadable(text, f"the unit {unit!r} is not known")
    if written[2] and unit and unit_named(written[2]) != unit_named(unit):
        return Unreadable(text, f"is the amount in {written[2]!r} or in {unit!r}")
    if not wanted:
        return Unreadable(text, "an amount is given, but not of what")
    return RequestedLine(text=text, wanted=wanted, amount=amount, unit=named)


#: One column is a list, not a table.
_FEWEST_COLUMNS = 2


def cells_of(line: str) -> list[str]:
    """Return a line's cells, parted by a bar, a semicolon, a tab or a gap."""
    return _CELLS.split(line.strip().strip("|").strip())


def _cells_for(line: str, columns: Sequence[str]) -> list[str]:
    # A comma parts cells only where as many fit the header: it is in names and amounts, too.
    cells, parts = cells_of(line), [part.strip() for part in line.split(",")]
    return parts if len(cells) == 1 and len(parts) == len(columns) else cells


def _is_rule(line: str) -> bool:
    return bool(_RULE.match(line) and line.strip())


def _column(cell: str) -> str:
    words = [word.strip(":") for word in re.sub(r"[()/\[\]*]", " ", cell.lower()).split()]
    if not words or len(words) > _WORDS_OF_A_HEADER or any(c.isdigit() for c in cell):
        return _OTHER
    # "Product code" is a code, "item no" too: the last word says what the cell holds.
    if len(words) > 1 and words[-1] in {"no", "no.", "nr", "nr.", "number", "code", "#"}:
        return "code"
    if _MONEY & set(words):
        return "ignored"
    found = [_COLUMN[word.rstrip(".")] for word in words if word.rstrip(".") in _COLUMN]
    units = [unit_named(word) for word in words if unit_named(word)]
    if units and ("amount" in found or not found):
        return f"amount {units[0]}"
    # "Required quantity" is an amount, whichever word comes first.
    telling = [column for column in found if column != "ignored"]
    return (telling or found or [_OTHER])[0]


def _unit_of_header(columns: Sequence[str]) -> str:
    return next((column.partition(" ")[2] for column in columns if column[:6] == "amount"), "")


#: Longer cells are sentences.
_WORDS_OF_A_HEADER = 3
