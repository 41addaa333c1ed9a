"""Who answers for a customer that nobody looks after."""

from collections.abc import Sequence

from tasks.values import Person

#: The skill of whoever takes what comes in from strangers.
INSIDE_SALES = "inside sales"


def stand_in(people: Sequence[Person]) -> Person | None:
    """Return the first of inside sales, by name; None when there is no inside sales."""
    sellers = (person for person in people if INSIDE_SALES in person.skills)
    return min(sellers, key=lambda person: (person.name, person.id), default=None)
