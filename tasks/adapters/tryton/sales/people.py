"""The people in Tryton: its employees.

Who looks after a customer is the employee of the customer's latest opportunity; what somebody can
do are the categories of the employee's party under `Skills`.
"""

import datetime as dt

from tasks.adapters.ids import no_such, number_of, numbers_of
from tasks.adapters.tryton.books import Books
from tasks.adapters.tryton.connection import Domain
from tasks.adapters.tryton.records import pattern, read
from tasks.adapters.tryton.sales.maps import PEOPLE
from tasks.adapters.tryton.wire import Record
from tasks.values import Id, Person

#: the name of the category whose children say what people can do
SKILLS = "Skills"

_ASKED = [
    *PEOPLE.asked,
    "party.contact_mechanisms.type",
    "party.contact_mechanisms.value",
    "party.categories.name",
    "party.categories.parent.name",
]


class People:
    """A `PersonRepository`; who has left is found by id alone."""

    def __init__(self, books: Books) -> None:
        self._books = books

    def get(self, person: Id) -> Person:
        """Return one person."""
        found = self._where([("id", "=", number_of("person", person))])
        if not found:
            raise no_such("person", person)
        return found[0]

    def by_email(self, email: str) -> Person | None:
        """Return whoever has this address."""
        address = pattern(email.strip())
        same = [("type", "=", "email"), ("value", "ilike", address)]
        condition = [("party.contact_mechanisms", "where", same)]
        return next(iter(self._where([condition, _works_here()])), None)

    def salesperson_of(self, customer: Id) -> Person | None:
        """Return who looks after a customer."""
        found = self._books.tryton.search_read(
            "sale.opportunity",
            [
                ("party", "in", list(numbers_of("customer", [customer]))),
                ("employee", "!=", None),
            ],
            [f"employee.{name}" for name in _ASKED],
            limit=1,
            order=[("id", "DESC")],
        )
        return _person(found[0]["employee."]) if found else None

    def all(self) -> list[Person]:
        """Return everybody, by name."""
        return sorted(self._where([_works_here()]), key=lambda person: person.name)

    def _where(self, condition: Domain) -> list[Person]:
        order = [("id", "ASC")]
        found = self._books.tryton.search_read(PEOPLE.record, condition, _ASKED, order=order)
        return [_person(row) for row in found]


def _works_here() -> list[object]:
    today = dt.datetime.now(dt.UTC).date()
    return ["OR", ("end_date", "=", None), ("end_date", ">=", today)]


def _person(row: Record) -> Person:
    party = row["party."]
    emails = [c["value"].lower() for c in party["contact_mechanisms."] if c["type"] == "email"]
    skills = {
        category["name"]
        for category in party["categories."]
        if category["parent."] and category["parent."]["name"] == SKILLS
    }
    return read(PEOPLE, row, email=next(iter(emails), ""), skills=frozenset(skills))
