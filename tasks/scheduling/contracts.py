"""What scheduling needs from the ERP: the people."""

from typing import Protocol

from tasks.values import Id, Person

__all__ = ["Person", "PersonRepository"]


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
