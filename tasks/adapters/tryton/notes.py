"""What Tryton has no field for: a note of the record says it, as JSON.

    {"places": 3, "days": [1, 2, 3, 4, 5], "opens": "07:00"}

People find it beside the record in Tryton's client. A note is never changed: who has something new
to say writes another, and of what can be said once, the latest counts. Notes that are no JSON are
people's own, and left alone.

Tryton finds the notes of a record by an index; those that say something it has to read, though
of one model only.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tasks.adapters.tryton.connection import Domain, Tryton
from tasks.adapters.tryton.records import pattern
from tasks.adapters.tryton.wire import Record

_MODEL = "ir.note"


@dataclass(frozen=True)
class Note:
    """A note.

    Attributes:
        number: its own id.
        record: the id of what it is a note of.
        facts: what it says.
    """

    number: int
    record: int
    facts: Mapping[str, Any]


class Notes:
    """The notes of one model's records.

    Args:
        tryton: the connection.
        model: such as `production`.
    """

    def __init__(self, tryton: Tryton, model: str) -> None:
        self._tryton = tryton
        self._model = model

    def of(self, records: Collection[int]) -> list[Note]:
        """Return the notes of these records, the oldest first."""
        if not records:
            return []
        return self._read([("resource", "in", [f"{self._model},{one}" for one in records])])

    def latest(self, records: Collection[int]) -> dict[int, Mapping[str, Any]]:
        """Return what the latest note of each record says; those without one are left out."""
        return {note.record: note.facts for note in self.of(records)}

    def saying(self, name: str, value: object) -> list[Note]:
        """Return the notes that say this of whichever record, the oldest first."""
        words = _text({name: value})[1:-1]
        domain = [
            ("resource", "like", f"{self._model},%"),
            ("message", "like", f"%{pattern(words)}%"),
        ]
        # The same words may stand deeper in another note, or go on there: 12 is in 123.
        return [note for note in self._read(domain) if note.facts.get(name) == value]

    def write(self, record: int, facts: Mapping[str, object]) -> Note:
        """Write a note."""
        (number,) = self._tryton.create(_MODEL, [note_of(self._model, record, facts)])
        return Note(number, record, facts)

    def delete(self, notes: Iterable[Note]) -> None:
        """Take notes away; none is no error."""
        numbers = [note.number for note in notes]
        if numbers:
            self._tryton.delete(_MODEL, numbers)

    def _read(self, domain: Domain) -> list[Note]:
        found = self._tryton.search_read(
            _MODEL, domain, ["resource", "message"], order=[("id", "ASC")]
        )
        notes = ((row, _facts(row["message"])) for row in found)
        return [
            Note(row["id"], int(row["resource"].partition(",")[2]), facts)
            for row, facts in notes
            if facts is not None
        ]


def note_of(model: str, record: int, facts: Mapping[str, object]) -> Record:
    """Return the record of a note, as Tryton creates it."""
    return {"resource": f"{model},{record}", "message": _text(facts)}


def _text(facts: Mapping[str, object]) -> str:
    return json.dumps(facts, ensure_ascii=False)


def _facts(message: str | None) -> Mapping[str, Any] | None:
    try:
        found = json.loads(message or "")
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
