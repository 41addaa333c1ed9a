"""What scheduling's steps need to know beforehand: who sells."""

from tasks.scheduling.contracts import PersonRepository
from tasks.scheduling.rules import stand_in
from tasks.values import Id, Person


class SellerProvider:
    """Knows who answers for a customer."""

    def __init__(self, people: PersonRepository) -> None:
        self._people = people

    def seller_of(self, customer: Id) -> Person | None:
        """Return who looks after a customer; None when nobody does."""
        return self._people.salesperson_of(customer)

    def stand_in(self) -> Person | None:
        """Return who takes the customers that nobody looks after."""
        return stand_in(self._people.all())
