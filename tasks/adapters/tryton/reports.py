"""A printed record, as Tryton gives it: an OpenDocument text unless its server has LibreOffice."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Self


@dataclass(frozen=True)
class Document:
    """A document.

    Attributes:
        name: for people, without the extension.
        extension: `odt`, `pdf` and so on.
    """

    name: str
    extension: str
    content: bytes = field(repr=False)

    @classmethod
    def of_answer(cls, answer: Sequence[Any]) -> Self:
        """Return it from what a report answers: extension, content, whether to print, name."""
        extension, content, _, name = answer
        # Texts come as texts, such as an HTML page.
        data = content if isinstance(content, bytes) else str(content).encode()
        return cls(name=str(name), extension=str(extension), content=data)
