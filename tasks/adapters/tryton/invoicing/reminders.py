"""How often we asked for the money: a mark on the invoice each time, and Tryton's dunning after it.

A dunning is one record for what is owed, on a level that rises: it says how far it has come, and
not when and why. So each reminder is a mark, and the dunning is brought to the level of the last.
"""

import datetime as dt
from collections import Counter
from collections.abc import Collection

from tasks.adapters.ids import id_of, number_of
from tasks.adapters.invoice_checks import check_overdue
from tasks.adapters.tryton.books import Books
from tasks.adapters.tryton.invoicing import invoices
from tasks.adapters.tryton.invoicing.maps import KIND, MODEL
from tasks.adapters.tryton.invoicing.marks import Mark, Marks
from tasks.adapters.tryton.wire import Record
from tasks.billing.contracts import Reminder
from tasks.erp_errors import Rejected
from tasks.values import Id

_DUNNING = "account.dunning"


class Reminders:
    """The reminders of all invoices."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._marks = Marks(books.tryton, "reminder")

    def find(self, key: str) -> Reminder | None:
        """Return the reminder that a key made."""
        mark = self._marks.find(key)
        return None if mark is None else self._reminder(mark)

    def again(self, key: str) -> Reminder | None:
        """Return the reminder that a key made; the dunning may not have followed it yet."""
        mark = self._marks.find(key)
        if mark is None:
            return None
        self._dun(mark.invoice)
        return self._reminder(mark)

    def counts(self, of: Collection[Id]) -> Counter[Id]:
        """Return how often we asked, by invoice."""
        return Counter(mark.invoice for mark in self._marks.of(of))

    def write(self, key: str, invoice: Id, on: dt.date) -> Reminder:
        """Write down that we ask once more; the caller has the key's lock.

        Raises:
            NotFound: no invoice has this id.
            Rejected: nothing is open, or it is not due before that day.
        """
        check_overdue(invoices.get(self._books.tryton, invoice), on)
        self._marks.make(key, invoice, on)
        made = self._marks.find(key)
        if made is None:
            raise Rejected(f"Tryton keeps no attachment {key!r}, by which we know a reminder")
        self._dun(invoice)
        return self._reminder(made)

    def _reminder(self, mark: Mark) -> Reminder:
        # Two may be written at once, and each is the next: their numbers put them in order.
        earlier = [other for other in self._marks.of([mark.invoice]) if other.number <= mark.number]
        return Reminder(
            id=id_of("reminder", mark.number),
            key=mark.key,
            invoice=mark.invoice,
            level=len(earlier),
            on=mark.on,
        )

    def _dun(self, invoice: Id) -> None:
        """Bring the dunning of what is owed to the level of the last reminder, if there is one.

        Tryton duns nobody who has no procedure; where people have gone further, that stays.
        """
        owed = self._owed(invoice)
        levels = self._levels(owed["party."]["dunning_procedure"]) if owed else []
        if owed is None or not levels:
            return
        reminded = len(self._marks.of([invoice]))
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

    def _owed(self, invoice: Id) -> Record | None:
        """Return the line of the entry that is open, the first due."""
        fields = ["reconciliation", "dunnings.level", "party.dunning_procedure"]
        asked = [f"lines_to_pay.{field}" for field in fields]
        lines = self._books.tryton.get(MODEL, number_of(KIND, invoice), asked)["lines_to_pay."]
        return next((line for line in lines if line["reconciliation"] is None), None)

    def _levels(self, procedure: int | None) -> list[int]:
        """Return the levels of a procedure, the first first."""
        domain = [("procedure", "=", procedure or 0)]
        order = [("sequence", "ASC"), ("id", "ASC")]
        found = self._books.tryton.search_read("account.dunning.level", domain, ["id"], order=order)
        return [row["id"] for row in found]
