"""The offers in Tryton: its sales, from draft to the moment that they are processed.

The key is the sale's `reference`. The salesperson is who quotes it, `quoted_by`: Tryton has no
other field for one, and lets it be named while the sale is a draft. An order makes the shipment
and a draft of the invoice; what becomes of those is Tryton's.
"""

from collections.abc import Sequence

from tasks.adapters.clock import Clock, utc_now
from tasks.adapters.ids import id_of, no_such, number_of
from tasks.adapters.rules.sales import SOURCES, cannot_become, check_price, check_quantity
from tasks.adapters.tryton.books import Books
from tasks.adapters.tryton.keys import kept_key
from tasks.adapters.tryton.records import existing
from tasks.adapters.tryton.sales.articles import articles
from tasks.adapters.tryton.sales.offer_records import read_offer
from tasks.adapters.tryton.sales.sale_forms import head_of, line_of
from tasks.adapters.tryton.wire import Record
from tasks.billing.contracts import Offer, OfferDraftLine, OfferState
from tasks.erp_errors import Rejected
from tasks.values import Id

SALES = "sale.sale"


class Offers:
    """An `OfferRepository`; `clock` says which day it is."""

    def __init__(self, books: Books, clock: Clock = utc_now) -> None:
        self._books = books
        self._clock = clock

    def find(self, key: str) -> Offer | None:
        """Return the offer that an earlier `create` with this key made."""
        return read_offer(self._books.tryton, [("reference", "=", kept_key(key))])

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
        books = self._books

        def make() -> Offer:
            seller = None
            if salesperson is not None:
                seller = existing(books.tryton, "company.employee", "person", salesperson)
            sale = self._sale(customer, lines)
            more = {"reference": kept_key(key), "comment": note, "quoted_by": seller}
            (number,) = books.tryton.create(SALES, [{**sale, **more}])
            return self.get(id_of("offer", number))

        return books.once(key, self.find, make)

    def get(self, offer: Id) -> Offer:
        """Return one offer."""
        found = read_offer(self._books.tryton, [("id", "=", number_of("offer", offer))])
        if found is None:
            raise no_such("offer", offer)
        return found

    def send(self, offer: Id) -> Offer:
        """Move a draft to sent."""
        return self._move(offer, OfferState.SENT, "quote")

    def order(self, offer: Id) -> Offer:
        """Move a sent offer to ordered, and have Tryton process it."""
        ordered = self._move(offer, OfferState.ORDERED, "confirm")
        self._process(number_of("offer", offer))
        return ordered

    def cancel(self, offer: Id) -> Offer:
        """Cancel a draft or sent offer."""
        return self._move(offer, OfferState.CANCELLED, "cancel")

    def _sale(self, customer: Id, lines: Sequence[OfferDraftLine]) -> Record:
        if not lines:
            raise Rejected("an offer without lines offers nothing: give at least one line")
        books, today = self._books, self._clock().date()
        head = head_of(books, customer)
        asked = {"currency": head["currency"]}
        known = articles(books.tryton, [line.product for line in lines], prices=asked)
        currency = books.currencies[head["currency"]]
        for line in lines:
            check_quantity(known[line.product], line.quantity)
            check_price(known[line.product].code, line.unit_price, currency)
        made = [
            {
                **line_of(books, head, known[line.product], line.quantity, on=today),
                "unit_price": line.unit_price.amount,
                "description": line.text,
            }
            for line in lines
        ]
        return {**head, "quotation_date": today, "lines": [("create", made)]}

    def _move(self, offer: Id, target: OfferState, button: str) -> Offer:
        before = self.get(offer)
        if before.state == target:
            return before
        if before.state not in SOURCES[target]:
            raise cannot_become(before, target)
        # Without an employee: else Tryton would say that the one of our login quotes it.
        context = {"employee": None} if target == OfferState.SENT else None
        try:
            number = number_of("offer", offer)
            self._books.tryton.call(f"model.{SALES}.{button}", [number], context=context)
        except Rejected:
            # Somebody else may have been faster, and the button is gone: look where it is now.
            if self.get(offer).state == before.state:
                raise
        after = self.get(offer)
        if after.state != target:
            raise cannot_become(after, target)
        return after

    def _process(self, number: int) -> None:
        """Have the order processed where its confirmation has only put it in a queue."""
        tryton = self._books.tryton
        if tryton.get(SALES, number, ["state"])["state"] == "confirmed":
            tryton.press(SALES, "process", [number])
