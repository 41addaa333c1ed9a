"""A second reader for mails that the grammar cannot read: a language model, say.

There is none unless the installation names one. It only puts the mail's words in
order, a line a thing; amounts, products and prices are still found by our own rules,
so a reader that makes things up ends in a question, not in an offer.
"""

from typing import Protocol


class AnalyserUnavailable(Exception):
    """The analyser that is set up cannot be asked now."""


class RequestAnalyser(Protocol):
    """Reads what a letter asks for."""

    def order_lines(self, letter: str) -> list[str]:
        """Return a line for each thing asked for, `12 pcs Hex bolt M8x40`.

        Raises:
            AnalyserUnavailable: it does not answer.
        """
        ...


class NoAnalyser:
    """The choice to have none: it finds nothing and is no cause for a warning."""

    def order_lines(self, letter: str) -> list[str]:
        """Return nothing."""
        del letter
        return []


class AbsentAnalyser:
    """An analyser that was asked for and could not be loaded."""

    def __init__(self, reason: str) -> None:
        self._reason = reason

    def order_lines(self, letter: str) -> list[str]:
        """Refuse, with the reason.

        Raises:
            AnalyserUnavailable: always.
        """
        del letter
        raise AnalyserUnavailable(self._reason)
