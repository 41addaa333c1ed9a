"""Tryton's general ledger, line by line: what documents did to the accounts."""

from collections.abc import Callable, Sequence

from tasks.accounting import Posting
from tasks.adapters.tryton.chart import Chart, type_fields
from tasks.adapters.tryton.connection import Tryton
from tasks.adapters.tryton.wire import Record
from tasks.values import CENT, Id, Money

#: of a line, with the entry that it belongs to
_FIELDS = (
    "account.code",
    *type_fields("account."),
    "debit",
    "credit",
    "description",
    "move.date",
    "move.origin",
    "move.description",
    "move.company.currency.code",
)


class Ledger:
    """What is posted, in the words of the contracts."""

    def __init__(self, tryton: Tryton) -> None:
        self._tryton = tryton
        self._chart = Chart(tryton)

    def postings(
        self, document: Id, origins: Sequence[str], text: Callable[[Record], str]
    ) -> list[Posting]:
        """Return the posted lines of entries, in the order these were written; none of nothing.

        Args:
            document: of ours, that they stand for.
            origins: of Tryton's, such as `stock.move,12`, which the entries name.
            text: what a line is for, said from the line as it was read.
        """
        if not origins:
            return []
        domain = [("move.origin", "in", list(origins)), ("move.state", "=", "posted")]
        order = [("move.id", "ASC"), ("id", "ASC")]
        lines = self._tryton.search_read("account.move.line", domain, _FIELDS, order=order)
        return [
            self._posting(line, document, text(line))
            for line in lines
            if line["debit"] or line["credit"]
        ]

    def _posting(self, line: Record, document: Id, text: str) -> Posting:
        account, entry = line["account."], line["move."]
        currency = entry["company."]["currency."]["code"]
        return Posting(
            date=entry["date"],
            account=account["code"] or "",
            kind=self._chart.kind_of(account),
            text=text,
            debit=Money(amount=line["debit"].quantize(CENT), currency=currency),
            credit=Money(amount=line["credit"].quantize(CENT), currency=currency),
            document=document,
        )
