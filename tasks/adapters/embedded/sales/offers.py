"""The offers of the embedded ERP.

    draft ──▶ sent ──▶ ordered
      └────────┴─────▶ cancelled

Tryton's quotation, as far as the seller's side needs it: what is ordered cannot be
cancelled any more, other documents deliver and credit it.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, select, update

from tasks.adapters.clock import Clock, utc_now
from tasks.adapters.embedded.sales.customers import customer_number
from tasks.adapters.embedded.sales.offer_records import read_offer, write_offer
from tasks.adapters.embedded.sales.rules import articles, kept, totals
from tasks.adapters.embedded.sales.tables import offers, people
from tasks.adapters.embedded.sql import numbering
from tasks.adapters.embedded.sql.database import Database
from tasks.adapters.embedded.sql.numbering import Series
from tasks.adapters.embedded.stock.deliveries import make_delivery
from tasks.adapters.ids import id_of, no_such, number_of
from tasks.adapters.rules.sales import SOURCES, cannot_become
from tasks.billing.contracts import Offer, OfferDraftLine, OfferLine, OfferState
from tasks.erp_errors import Rejected
from tasks.values import Id


class Offers:
    """An `OfferRepository`; `clock` says which day it is."""

    def __init__(self, database: Database, clock: Clock = utc_now) -> None:
        self._database = database
        self._clock = clock

    def find(self, key: str) -> Offer | None:
        """Return the offer that an earlier `create` with this key made."""
        with self._database.reading() as connection:
            return read_offer(connection, offers.c.reference == key)

    def create(
        self,
        key: str,
        customer: Id,
        lines: Sequence[OfferDraftLine],
        *,
        salesperson: Id | None = None,
        note: str = "",
    ) -> Offer:
        """Write a draft offer, or return the one that this key made before."""
        date = self._clock().date()
        with self._database.writing() as connection:
            numbering.lock(connection, Series.OFFER, date)
            # Read under the lock: whoever made it first has committed by now.
            made = read_offer(connection, offers.c.reference == key)
            if made is not None:
                return made
            buyer = customer_number(connection, customer)
            seller = None if salesperson is None else _salesperson(connection, salesperson)
            taken = _taken(connection, lines)
            net, tax = totals(taken)
            number = write_offer(
                connection,
                taken,
                number=numbering.next_number(connection, Series.OFFER, date),
                reference=key,
                state=OfferState.DRAFT,
                customer_id=buyer,
                salesperson_id=seller,
                date=date,
                note=note,
                net=net.amount,
                tax=tax.amount,
            )
            return _get(connection, id_of("offer", number))

    def get(self, offer: Id) -> Offer:
        """Return one offer."""
        with self._database.reading() as connection:
            return _get(connection, offer)

    def send(self, offer: Id) -> Offer:
        """Move a draft to sent."""
        return self._move(offer, OfferState.SENT)

    def order(self, offer: Id) -> Offer:
        """Move a sent offer to ordered, and make its delivery."""
        return self._move(offer, OfferState.ORDERED)

    def cancel(self, offer: Id) -> Offer:
        """Cancel a draft or sent offer."""
        return self._move(offer, OfferState.CANCELLED)

    def _move(self, offer: Id, target: OfferState) -> Offer:
        may_move = offers.c.id == number_of("offer", offer)
        may_move &= offers.c.state.in_(SOURCES[target])
        with self._database.writing() as connection:
            changed = connection.execute(update(offers).where(may_move).values(state=target))
            moved = _get(connection, offer)
            if target == OfferState.ORDERED and changed.rowcount:
                make_delivery(connection, moved, self._clock().date())
        if moved.state != target:
            raise cannot_become(moved, target)
        return moved


def _get(connection: Connection, offer: Id) -> Offer:
    found = read_offer(connection, offers.c.id == number_of("offer", offer))
    if found is None:
        raise no_such("offer", offer)
    return found


def _salesperson(connection: Connection, salesperson: Id) -> int:
    query = select(people.c.id).where(people.c.id == number_of("person", salesperson))
    number: int | None = connection.execute(query).scalar()
    if number is None:
        raise no_such("person", salesperson)
    return number


def _taken(connection: Connection, lines: Sequence[OfferDraftLine]) -> list[OfferLine]:
    if not lines:
        raise Rejected("an offer without lines offers nothing: give at least one line")
    known = articles(connection, [line.product for line in lines])
    return [kept(line, known[line.product]) for line in lines]
