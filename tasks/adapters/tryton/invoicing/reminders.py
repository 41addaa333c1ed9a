"""How often we asked for the money: a note of the invoice each time, and Tryton's dunning after it.

A dunning is one record for what is owed, on a level that rises: it says how far it has come, and
not when and why. So each reminder is a note, and the dunning is brought to the level of the last.
"""

import datetime as dt
from collections import Counter
from collections.abc import Collection

from tasks.adapters.ids import id_of, number_of
from tasks.adapters.rules.invoices import check_overdue
from tasks.adapters.tryton.books import Books
from tasks.adapters.tryton.invoicing import invoices
from tasks.adapters.tryton.invoicing.maps import KIND, MODEL
from tasks.adapters.tryton.notes import Note, Notes
from tasks.adapters.tryton.wire import Record
from tasks.billing.contracts import Reminder
from tasks.values import Id

_DUNNING = "account.dunning"
#: under what a note of an invoice has the key of a reminder
_REMINDS = "reminder"


class Reminders:
    """The reminders of all invoices."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._notes = Notes(books.tryton, MODEL)

    def find(self, key: str) -> Reminder | None:
        """Return the reminder that a key made."""
        note = self._note(key)
        return None if note is None else self._reminder(note)

    def again(self, key: str) -> Reminder | None:
        """Return the reminder that a key made; the dunning may not have followed it yet."""
        note = self._note(key)
        if note is None:
            return None
        self._dun(note.record)
        return self._reminder(note)

    def counts(self, of: Collection[Id]) -> Counter[Id]:
        """Return how often we asked, by invoice."""
        notes = self._of([number_of(KIND, invoice) for invoice in of])
        return Counter(id_of(KIND, note.record) for note in notes)

    def write(self, key: str, invoice: Id, on: dt.date) -> Reminder:
        """Write down that we ask once more; the caller has the key's lock.

        Raises:
            NotFound: no invoice has this id.
            Rejected: nothing is open, or it is not due before that day.
        """
        check_overdue(invoices.get(self._books.tryton, invoice), on)
        facts = {_REMINDS: key, "on": on.isoformat()}
        note = self._notes.write(number_of(KIND, invoice), facts)
        self._dun(note.record)
        return self._reminder(note)

    def _note(self, key: str) -> Note | None:
        return next(iter(self._notes.saying(_REMINDS, key)), None)

    def _of(self, numbers: Collection[int]) -> list[Note]:
        return [note for note in self._notes.of(numbers) if _REMINDS in note.facts]

    def _reminder(self, note: Note) -> Reminder:
        # Two may be written at once, and each is the next: their numbers put them in order.
        earlier = [other for other in self._of([note.record]) if other.number <= note.number]
        return Reminder(
            id=id_of("reminder", note.number),
            key=note.facts[_REMINDS],
            invoice=id_of(KIND, note.record),
            level=len(earlier),
            on=dt.date.fromisoformat(note.facts["on"]),
        )

    def _dun(self, invoice: int) -> None:
        """Bring the dunning of what is owed to the level of the last reminder, if there is one.

        Tryton duns nobody who has no procedure; where people have gone further, that stays.
        """
        owed = self._owed(invoice)
        levels = self._levels(owed["party."]["dunning_procedure"]) if owed else []
        if owed is None or not levels:
            return
        reminded = len(self._of([invoice]))
        wanted = levels[min(reminded, len(levels)) - 1]
        for dunning in owed["dunnings."]:
            behind = levels[: levels.index(wanted)]
            if dunning["level"] in behind:
                self._books.tryton.write(_DUNNING, [dunning["id"]], {"level": wanted})
        if not owed["dunnings."]:
            self._begin(owed, wanted)

    def _begin(self, owed: Record, level: int) -> None:
        dunning = {"company": self._books.company, "line": owed["id"], "level": level}
        dunning["procedure"] = owed["party."]["dunning_procedure"]
        made = self._books.tryton.create(_DUNNING, [dunning])
        with self._books.tryton.wizard("account.dunning.process", model=_DUNNING, ids=made) as told:
            told.go("process")

    def _owed(self, invoice: int) -> Record | None:
        """Return the line of the entry that is open, the first due."""
        fields = ["reconciliation", "dunnings.level", "party.dunning_procedure"]
        asked = [f"lines_to_pay.{field}" for field in fields]
        lines = self._books.tryton.get(MODEL, invoice, asked)["lines_to_pay."]
        return next((line for line in lines if line["reconciliation"] is None), None)

    def _levels(self, procedure: int | None) -> list[int]:
        """Return the levels of a procedure, the first first."""
        domain = [("procedure", "=", procedure or 0)]
        order = [("sequence", "ASC"), ("id", "ASC")]
        found = self._books.tryton.search_read("account.dunning.level", domain, ["id"], order=order)
        return [row["id"] for row in found]
