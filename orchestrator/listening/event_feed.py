"""The events of all runs, as they are written: none is missed, and each is given once.

    numbers   1  2  3  _  5  6        4 belongs to a transaction that is still open
    given     1  2  3     5  6        at once: nobody waits for 4
    gaps               4              read again until it appears, or nobody can write it

A number that is passed over is a gap, together with the transactions that were open when
it was noticed. When all of those are over and the number still is not there, it was rolled
back. An event that follows from another is given after it or with it, in order: whoever
wrote the second had seen the first.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from orchestrator.ledger import Ledger
from orchestrator.ledger.log import feed
from orchestrator.ledger.log.feed import LoggedEvent

#: Who starts to read looks back so far for numbers that open transactions hold.
_LOOK_BACK = 1000


@dataclass(frozen=True, slots=True)
class _Gap:
    """Numbers that were passed over.

    Attributes:
        suspects: transactions that may still write them; None: nobody has looked yet.
    """

    numbers: range
    suspects: frozenset[str] | None = None


class EventFeed:
    """A place in the log of all runs. It is kept in memory; `settled` is what to keep elsewhere.

    Args:
        after: the number of the last event that need not be given.
    """

    def __init__(self, ledger: Ledger, *, after: int) -> None:
        self._ledger = ledger
        self._last = after
        self._gaps: list[_Gap] = []

    @classmethod
    def from_now(cls, ledger: Ledger) -> "EventFeed":
        """Return a feed of what is committed from now on.

        Raises:
            Unavailable: the ledger does not answer.
        """
        last = feed.last(ledger)
        recent = range(max(1, last - _LOOK_BACK), last + 1)
        made = cls(ledger, after=last)
        made._gaps = [_Gap(hole) for hole in _holes(recent, feed.between(ledger, [recent]))]
        return made

    @property
    def settled(self) -> int:
        """The number up to which every event there will ever be has been given."""
        return min((gap.numbers.start - 1 for gap in self._gaps), default=self._last)

    def read(self, *, limit: int | None = 1000) -> list[LoggedEvent]:
        """Return what is new, in the order of the numbers; at most `limit` besides late ones.

        Raises:
            Unavailable: the ledger does not answer; the next reading gives what this would have.
        """
        writers = feed.writers(self._ledger)
        # First the new ones: the other way round, a transaction that commits in between would
        # show its later event before its earlier one.
        new = feed.after(self._ledger, self._last, limit=limit)
        late = feed.between(self._ledger, [gap.numbers for gap in self._gaps])
        left = [gap for gap in _closer(self._gaps, late, writers) if gap.suspects]
        if new:
            passed = range(self._last + 1, new[-1].id + 1)
            left += [_Gap(hole) for hole in _holes(passed, new)]
            self._last = new[-1].id
        self._gaps = left
        return sorted([*late, *new], key=lambda event: event.id)


def _closer(
    gaps: Iterable[_Gap], found: list[LoggedEvent], writers: frozenset[str]
) -> Iterator[_Gap]:
    """Return what is missing of the gaps, and who of the open transactions may still write it."""
    for gap in gaps:
        suspects = writers if gap.suspects is None else gap.suspects & writers
        inside = [event for event in found if event.id in gap.numbers]
        for hole in _holes(gap.numbers, inside):
            yield replace(gap, numbers=hole, suspects=suspects)


def _holes(numbers: range, found: Iterable[LoggedEvent]) -> Iterator[range]:
    """Return the numbers that no event has, as ranges."""
    start = numbers.start
    for number in sorted(event.id for event in found):
        if number > start:
            yield range(start, number)
        start = number + 1
    if start < numbers.stop:
        yield range(start, numbers.stop)
