"""Read the text of an HTML mail, keeping what lines and columns say.

A table row becomes one line with ` | ` between its cells, a list item begins with
`- `, and quoted mail (`blockquote`) is left out, as it is from plain text.
"""

import re
from html.parser import HTMLParser

from typing_extensions import override

_BREAKS = frozenset({"br", "p", "div", "tr", "table", "ul", "ol", "li", "h1", "h2", "h3", "hr"})
_UNREAD = frozenset({"style", "script", "head", "title", "blockquote"})
_CELLS = frozenset({"td", "th"})


def text_of_html(html: str) -> str:
    r"""Return the text of an HTML document.

    >>> text_of_html("<p>Hello</p><ul><li>5 pcs nut</li></ul>")
    'Hello\n- 5 pcs nut'
    """
    reader = _Reader()
    reader.feed(html)
    reader.close()
    lines = (_tidy(line) for line in "".join(reader.parts).split("\n"))
    return "\n".join(line for line in lines if line)


def _tidy(line: str) -> str:
    # The last cell of a row is followed by a separator, too.
    return re.sub(r"\s+", " ", line).strip().removesuffix(" |").strip()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._unread: list[str] = []
        self._in_cell = False

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNREAD:
            self._unread.append(tag)
        elif tag in _CELLS:
            self._in_cell = True
        elif tag in _BREAKS:
            self._break(tag)

    @override
    def handle_endtag(self, tag: str) -> None:
        if tag in self._unread:
            # An unclosed inner tag must not hide the rest of the mail.
            del self._unread[self._unread.index(tag) :]
        elif tag in _CELLS:
            self._in_cell = False
            self.parts.append(" | ")
        elif tag in _BREAKS:
            self._break("")

    @override
    def handle_data(self, data: str) -> None:
        if not self._unread:
            self.parts.append(re.sub(r"\s+", " ", data))

    def _break(self, tag: str) -> None:
        if self._unread:
            return
        # A paragraph inside a cell does not end the row.
        in_cell = self._in_cell and tag != "tr"
        self.parts.append(" " if in_cell else "\n")
        if tag == "li":
            self.parts.append("- ")
