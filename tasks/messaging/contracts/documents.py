"""Files that belong to a record: a drawing, a report, a customer's photograph."""

import datetime as dt
from typing import Protocol

from tasks.values import Id, Value

__all__ = ["Document", "Documents"]


class Document(Value):
    """A file, without its bytes."""

    id: Id
    #: the key it was attached with
    key: str
    #: what it belongs to: a project, a ticket, an invoice
    record: Id
    #: file name
    name: str
    #: such as `application/pdf`
    media_type: str
    #: bytes
    size: int
    #: of the bytes, in hexadecimal
    sha256: str
    attached_at: dt.datetime


class Documents(Protocol):
    """The archive."""

    def find(self, key: str) -> Document | None:
        """Return the document that an earlier `attach` with this key made, and nobody removed."""
        ...

    def attach(
        self, key: str, record: Id, *, name: str, media_type: str, content: bytes
    ) -> Document:
        """Keep a file with a record, or return what this key kept before.

        Raises:
            NotFound: the adapter knows records of this kind, and none has this id.
            Rejected: the name is empty, or the file larger than the archive takes.
        """
        ...

    def attached_to(self, record: Id) -> list[Document]:
        """Return the documents of a record, the oldest first; an unknown record has none."""
        ...

    def read(self, document: Id) -> bytes:
        """Return what is in a document.

        Raises:
            NotFound: no document has this id.
        """
        ...

    def remove(self, document: Id) -> None:
        """Throw a document away; removing it twice is no error.

        Raises:
            NotFound: no document ever had this id.
        """
        ...
