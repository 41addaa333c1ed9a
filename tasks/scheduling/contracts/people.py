"""The people who work here, and what an hour of theirs costs."""

import datetime as dt
from typing import Protocol

from tasks.values import Id, Money, Person

__all__ = ["LabourRates", "PersonRepository"]


class PersonRepository(Protocol):
    """Who works here."""

    def get(self, person: Id) -> Person:
        """Return one person.

        Raises:
            NotFound: nobody has this id.
        """
        ...

    def by_email(self, email: str) -> Person | None:
        """Return whoever has this address; case does not matter."""
        ...

    def salesperson_of(self, customer: Id) -> Person | None:
        """Return who looks after a customer; None when nobody does, or the customer is unknown."""
        ...

    def all(self) -> list[Person]:
        """Return everybody, by name."""
        ...


class LabourRates(Protocol):
    """What people cost; a rate holds from its day until the next one."""

    def labour_rate(self, person: Id, on: dt.date) -> Money:
        """Return what an hour of a person cost on a day.

        Raises:
            NotFound: nobody has this id, or there was no rate yet on that day.
        """
        ...
