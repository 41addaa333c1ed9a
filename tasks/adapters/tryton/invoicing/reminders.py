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
        self._dun(invoice, len(self._marks.of([invoice])))
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

    def _dun(self, invoice: Id, level: int) -> None:
        """Bring the dunning of what is owed to a level, or to the last that there is."""
        owed = self._owed(invoice)
        levels = self._levels(owed)
        if owed is None or not levels:
            return
        wanted = levels[min(level, len(levels)) - 1]
        if owed["dunnings"]:
            self._books.tryton.write(_DUNNING, owed["dunnings"], {"level": wanted["id"]})
            return
        dunning = {"company": self._books.company, "line": owed["id"]}
        dunning |= {"procedure": wanted["procedure"], "level": wanted["id"]}
        made = self._books.tryton.create(_DUNNING, [dunning])
        with self._books.tryton.wizard("account.dunning.process", model=_DUNNING, ids=made) as told:
            told.go("process")

    def _owed(self, invoice: Id) -> Record | None:
        """Return the line of the entry that is open, the first due."""
        fields = ["lines_to_pay.reconciliation", "lines_to_pay.maturity_date"]
        fields += ["lines_to_pay.dunnings", "lines_to_pay.party.dunning_procedure"]
        lines = self._books.tryton.get(MODEL, number_of(KIND, invoice), fields)["lines_to_pay."]
        return next((line for line in lines if line["reconciliation"] is None), None)

    def _levels(self, owed: Record | None) -> list[Record]:
        procedure = ((owed or {}).get("party.") or {}).get("dunning_procedure")
        return self._books.tryton.search_read(
            "account.dunning.level",
            [("procedure", "=", procedure)] if procedure else [],
            ["procedure"],
            order=[("procedure", "ASC"), ("sequence", "ASC"), ("id", "ASC")],
        )
