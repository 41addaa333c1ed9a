"""The archive of the embedded ERP: files in its own database, beside what they belong to."""

import hashlib

from sqlalchemy import ColumnElement, Connection, Table, select, update

from tasks.adapters.clock import Clock, utc_now
from tasks.adapters.embedded.desk.tables import tickets
from tasks.adapters.embedded.invoicing.tables import invoices
from tasks.adapters.embedded.projects.tables import project_tasks, projects
from tasks.adapters.embedded.sales.document_tables import documents
from tasks.adapters.embedded.sales.maps import DOCUMENTS
from tasks.adapters.embedded.sales.tables import customers, offers, people, products
from tasks.adapters.embedded.sql.database import Database, insert_new
from tasks.adapters.embedded.sql.records import read
from tasks.adapters.embedded.stock.delivery_tables import deliveries
from tasks.adapters.ids import no_such, number_of
from tasks.adapters.rules.archive import check_file
from tasks.messaging.contracts import Document
from tasks.values import Id

#: kinds of records whose ids are looked up; files of other kinds are kept unasked
_RECORDS: dict[str, Table] = {
    "customer": customers,
    "delivery": deliveries,
    "invoice": invoices,
    "offer": offers,
    "person": people,
    "product": products,
    "project": projects,
    "task": project_tasks,
    "ticket": tickets,
}

_WITHOUT_CONTENT = [column for column in documents.c if column.name != "content"]


class Archive:
    """A `Documents`; `clock` says when each file was attached."""

    def __init__(self, database: Database, clock: Clock = utc_now) -> None:
        self._database = database
        self._clock = clock

    def find(self, key: str) -> Document | None:
        """Return what this key attached, unless it was removed."""
        with self._database.reading() as connection:
            return next(iter(_kept(connection, documents.c.key == key)), None)

    def attach(
        self, key: str, record: Id, *, name: str, media_type: str, content: bytes
    ) -> Document:
        """Keep a file with a record, or return what this key kept before."""
        if known := self.find(key):
            return known
        check_file(name, content)
        with self._database.writing() as connection:
            _check_record(connection, record)
            insert_new(
                connection,
                documents,
                key=key,
                record=record,
                name=name,
                media_type=media_type,
                size=len(content),
                sha256=hashlib.sha256(content).hexdigest(),
                attached_at=self._clock(),
                content=content,
            )
            return _kept(connection, documents.c.key == key)[0]

    def attached_to(self, record: Id) -> list[Document]:
        """Return the documents of a record, the oldest first."""
        with self._database.reading() as connection:
            return _kept(connection, documents.c.record == record)

    def read(self, document: Id) -> bytes:
        """Return what is in a document."""
        query = select(documents.c.content).filter_by(id=number_of("document", document))
        with self._database.reading() as connection:
            content: bytes | None = connection.execute(query).scalar()
        if content is None:
            raise no_such("document", document)
        return content

    def remove(self, document: Id) -> None:
        """Throw a document away."""
        row = documents.c.id == number_of("document", document)
        with self._database.writing() as connection:
            gone = connection.execute(update(documents).where(row).values(key=None, content=None))
        if not gone.rowcount:
            raise no_such("document", document)


def _kept(connection: Connection, condition: ColumnElement[bool]) -> list[Document]:
    query = select(*_WITHOUT_CONTENT).where(condition, documents.c.key.is_not(None))
    return [read(DOCUMENTS, row) for row in connection.execute(query.order_by(documents.c.id))]


def _check_record(connection: Connection, record: Id) -> None:
    kind = record.partition(":")[0]
    table = _RECORDS.get(kind)
    if table is None:
        return
    query = select(table.c.id).where(table.c.id == number_of(kind, record))
    if connection.execute(query).one_or_none() is None:
        raise no_such(kind, record)
