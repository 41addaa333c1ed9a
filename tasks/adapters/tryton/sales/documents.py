"""The archive in Tryton: attachments, beside what they belong to.

An attachment's `link`, which one with a file in it does not use and does not show, says as JSON
what Tryton has no field for, the key first. Files that people attach say nothing there: they are
left to people. What is removed stays as an empty attachment of the company: its id is known.
"""

import hashlib
import json

from tasks.adapters.clock import Clock, utc_now
from tasks.adapters.ids import id_of, no_such, number_of, numbers_of
from tasks.adapters.rules.archive import check_file
from tasks.adapters.tryton.books import Books
from tasks.adapters.tryton.connection import Domain
from tasks.adapters.tryton.records import existing, pattern
from tasks.adapters.tryton.wire import Record
from tasks.messaging.contracts import Document
from tasks.values import Id

FILES = "ir.attachment"

#: Tryton's models of the records whose ids are ours; files of others lie with the company
_MODELS = {
    "customer": "party.party",
    "delivery": "stock.shipment.out",
    "invoice": "account.invoice",
    "offer": "sale.sale",
    "person": "company.employee",
    "product": "product.product",
    "production_order": "production",
}
_ASKED = ["name", "link", "data_size"]
_OURS = [("type", "=", "data"), ("link", "like", '{"key": %')]


class Archive:
    """A `Documents`; `clock` says when each file was attached."""

    def __init__(self, books: Books, clock: Clock = utc_now) -> None:
        self._books = books
        self._clock = clock

    def find(self, key: str) -> Document | None:
        """Return what this key attached, unless it was removed."""
        return next(
            iter(self._where([("link", "like", pattern(_said(key=key)[:-1]) + ", %")])), None
        )

    def attach(
        self, key: str, record: Id, *, name: str, media_type: str, content: bytes
    ) -> Document:
        """Keep a file with a record, or return what this key kept before."""

        def make() -> Document:
            check_file(name, content)
            self._check_record(record)
            said = _said(
                key=key,
                record=record,
                media_type=media_type,
                sha256=hashlib.sha256(content).hexdigest(),
                attached_at=self._clock().isoformat(),
            )
            attachment = {
                "name": name,
                "type": "data",
                "data": content,
                "link": said,
                "resource": self._resource(record),
            }
            (number,) = self._books.tryton.create(FILES, [attachment])
            return self._where([("id", "=", number)])[0]

        return self._books.once(key, self.find, make)

    def attached_to(self, record: Id) -> list[Document]:
        """Return the documents of a record, the oldest first."""
        kind = record.partition(":")[0]
        if kind in _MODELS and not numbers_of(kind, [record]):
            return []
        found = self._where([("resource", "=", self._resource(record))])
        return [document for document in found if document.record == record]

    def read(self, document: Id) -> bytes:
        """Return what is in a document."""
        same = [("id", "=", number_of("document", document)), *_OURS]
        found = self._books.tryton.search_read(FILES, same, ["data"])
        if not found:
            raise no_such("document", document)
        content: bytes | None = found[0]["data"]
        return content or b""

    def remove(self, document: Id) -> None:
        """Throw a document away."""
        tryton = self._books.tryton
        number = existing(tryton, FILES, "document", document)
        gone = {"data": None, "link": None, "resource": self._resource("")}
        tryton.write(FILES, [number], gone)

    def _resource(self, record: Id) -> str:
        kind, _, number = record.partition(":")
        model = _MODELS.get(kind)
        return f"{model},{number}" if model else f"company.company,{self._books.company}"

    def _check_record(self, record: Id) -> None:
        kind = record.partition(":")[0]
        if kind in _MODELS:
            existing(self._books.tryton, _MODELS[kind], kind, record)

    def _where(self, condition: Domain) -> list[Document]:
        found = self._books.tryton.search_read(
            FILES, [*condition, *_OURS], _ASKED, order=[("id", "ASC")]
        )
        return [_document(row) for row in found]


def _said(**said: str) -> str:
    """Return what an attachment says; the first of it is how it begins."""
    return json.dumps(said)


def _document(row: Record) -> Document:
    more = {"id": id_of("document", row["id"]), "name": row["name"], "size": row["data_size"]}
    return Document.model_validate({**json.loads(row["link"]), **more})
