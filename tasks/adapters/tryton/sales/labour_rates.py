"""What an hour of a person costs in Tryton: the cost prices of the employee."""

import datetime as dt

from tasks.adapters.ids import no_such, number_of
from tasks.adapters.tryton.books import Books
from tasks.adapters.tryton.fields import price_of
from tasks.erp_errors import NotFound
from tasks.values import Id, Money

_ASKED = [
    "party.name",
    "company.currency.code",
    "cost_prices.date",
    "cost_prices.cost_price",
]


class Rates:
    """A `LabourRates`; a rate without a day has always held."""

    def __init__(self, books: Books) -> None:
        self._books = books

    def labour_rate(self, person: Id, on: dt.date) -> Money:
        """Return what an hour of a person cost on a day."""
        same = [("id", "=", number_of("person", person))]
        found = self._books.tryton.search_read("company.employee", same, _ASKED)
        if not found:
            raise no_such("person", person)
        employee = found[0]
        rates = [
            (row["date"] or dt.date.min, row["cost_price"]) for row in employee["cost_prices."]
        ]
        held = [rate for rate in rates if rate[0] <= on]
        if not held:
            raise NotFound(f"{employee['party.']['name']} had no labour rate yet on {on}")
        _, cost = max(held)
        return Money.of(price_of(cost), employee["company."]["currency."]["code"])
