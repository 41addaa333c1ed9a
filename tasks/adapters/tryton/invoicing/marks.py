"""Keys that Tryton has no field for: attachments of an invoice, which people see beside it."""

import datetime as dt
import json
from collections.abc import Collection
from dataclasses import dataclass

from tasks.adapters.tryton.connection import Domain, Tryton
from tasks.adapters.tryton.invoicing.maps import MODEL, invoice_of, resource
from tasks.adapters.tryton.keys import kept_key, key_of
from tasks.adapters.tryton.wire import Record
from tasks.values import Id

_FIELDS = ("name", "resource", "description")


@dataclass(frozen=True)
class Mark:
    """That something was done, or was to be done, with an invoice.

    Attributes:
        kind: of what was done, such as `reminder`.
    """

    number: int
    kind: str
    key: str
    invoice: Id
    on: dt.date


class Marks:
    """The marks of one kind."""

    def __init__(self, tryton: Tryton, kind: str) -> None:
        self._tryton = tryton
        self._kind = kind

    def find(self, key: str) -> Mark | None:
        """Return the mark with a key."""
        return next(iter(self._where([("name", "=", kept_key(key))])), None)

    def of(self, invoices: Collection[Id]) -> list[Mark]:
        """Return the marks of these invoices, in the order they were made."""
        return self._where([("resource", "in", [resource(invoice) for invoice in invoices])])

    def make(self, key: str, invoice: Id, on: dt.date) -> None:
        """Write a mark; the caller has the key's lock."""
        told = json.dumps({"kind": self._kind, "on": on.isoformat()})
        mark = {
            "name": kept_key(key),
            "type": "data",
            "resource": resource(invoice),
            "description": told,
        }
        self._tryton.create("ir.attachment", [mark])

    def _where(self, domain: Domain) -> list[Mark]:
        ours = [
            ("resource", "like", f"{MODEL},%"),
            ("description", "like", f'{{"kind": "{self._kind}", %'),
        ]
        order = [("id", "ASC")]
        found = self._tryton.search_read("ir.attachment", [*ours, *domain], _FIELDS, order=order)
        return [_mark(row) for row in found]


def _mark(row: Record) -> Mark:
    told = json.loads(row["description"])
    return Mark(
        number=row["id"],
        kind=told["kind"],
        key=key_of(row["name"]),
        invoice=invoice_of(row["resource"]),
        on=dt.date.fromisoformat(told["on"]),
    )
