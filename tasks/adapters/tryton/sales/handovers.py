"""The mails that wait for a person: leads, which Tryton shows to whoever sells.

A lead's `reference` is the key, its description the mail's subject, its comment who wrote and what
is in doubt, for people to read. A file at the lead keeps all of it to the letter, since people may
rewrite what they read. What is neither a lead nor an opportunity any more is off the pile, whoever
has seen to that.
"""

from collections.abc import Sequence

from pydantic import TypeAdapter

from tasks.adapters.clock import Clock, utc_now
from tasks.adapters.ids import id_of, no_such, number_of
from tasks.adapters.tryton.books import Books
from tasks.adapters.tryton.connection import Domain
from tasks.adapters.tryton.keys import kept_key
from tasks.adapters.tryton.wire import Record
from tasks.messaging.contracts import Handover
from tasks.values import Id

LEADS = "sale.opportunity"
#: the name of the file with what was handed over
FILE = "handover.json"

_ASKED = ["state", "attachments.name", "attachments.data"]
_OPEN = ("lead", "opportunity")
_HANDED_OVER = ("attachments.name", "=", FILE)


class HandoverPile:
    """A `Handovers`; `clock` says when each was opened."""

    def __init__(self, books: Books, clock: Clock = utc_now) -> None:
        self._books = books
        self._clock = clock

    def add(
        self, key: str, mail_key: str, *, subject: str, sender: str, reasons: Sequence[str]
    ) -> Handover:
        """Hand a mail over, or return what the same key handed over before."""

        def make() -> Handover:
            handover = Handover(
                id="",
                key=key,
                mail_key=mail_key,
                subject=subject,
                sender=sender,
                reasons=tuple(reasons),
                opened_at=self._clock(),
            )
            (number,) = self._books.tryton.create(LEADS, [self._lead(handover)])
            return handover.model_copy(update={"id": id_of("handover", number)})

        return self._books.once(key, self.find, make)

    def find(self, key: str) -> Handover | None:
        """Return what this key handed over, closed or not."""
        return next(iter(self._where([("reference", "=", kept_key(key))])), None)

    def open(self) -> list[Handover]:
        """Return what nobody has closed yet, the oldest first."""
        return self._where([("state", "in", list(_OPEN))])

    def close(self, handover: Id) -> None:
        """Take it off the pile."""
        number, tryton = number_of("handover", handover), self._books.tryton
        found = tryton.search_read(LEADS, [("id", "=", number), _HANDED_OVER], ["state"])
        if not found:
            raise no_such("handover", handover)
        if found[0]["state"] in _OPEN:
            tryton.press(LEADS, "cancel", [number])

    def _lead(self, handover: Handover) -> Record:
        begins = self._books.tryton.call(
            f"model.{LEADS}.default_get", ["currency", "start_date"], False
        )
        file = {"name": FILE, "data": handover.model_dump_json(exclude={"id"}).encode()}
        return {
            "company": self._books.company,
            "currency": begins["currency"],
            "start_date": begins["start_date"],
            "reference": kept_key(handover.key),
            "description": _for_people(handover.subject),
            "comment": "\n".join(map(_for_people, (handover.sender, "", *handover.reasons))),
            "attachments": [("create", [file])],
        }

    def _where(self, condition: Domain) -> list[Handover]:
        found = self._books.tryton.search_read(
            LEADS, [*condition, _HANDED_OVER], _ASKED, order=[("id", "ASC")]
        )
        return [_handover(row) for row in found]


def _for_people(text: str) -> str:
    """Return what fits on one line."""
    return "".join(c for c in " ".join(text.split()) if c.isprintable())


def _handover(row: Record) -> Handover:
    content = next(file["data"] for file in row["attachments."] if file["name"] == FILE)
    kept = TypeAdapter(dict[str, object]).validate_json(content)
    return Handover.model_validate({**kept, "id": id_of("handover", row["id"])})
