"""The people of the embedded ERP."""

from typing import Any

from sqlalchemy import Row, select

from tasks.adapters.embedded.sales.tables import customers, people
from tasks.adapters.embedded.sql.database import Database
from tasks.adapters.ids import id_of, no_such, number_of, numbers_of
from tasks.values import Id, Person


class People:
    """A `PersonRepository`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, person: Id) -> Person:
        """Return one person."""
        query = select(people).where(people.c.id == number_of("person", person))
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            raise no_such("person", person)
        return _person(row)

    def by_email(self, email: str) -> Person | None:
        """Return whoever has this address."""
        query = select(people).where(people.c.email == email.strip().lower())
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else _person(row)

    def salesperson_of(self, customer: Id) -> Person | None:
        """Return who looks after a customer."""
        query = (
            select(people)
            .join(customers, customers.c.salesperson_id == people.c.id)
            .where(customers.c.id.in_(numbers_of("customer", [customer])))
        )
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else _person(row)

    def all(self) -> list[Person]:
        """Return everybody, by name."""
        query = select(people).order_by(people.c.name, people.c.id)
        with self._database.reading() as connection:
            return [_person(row) for row in connection.execute(query)]


def _person(row: Row[Any]) -> Person:
    return Person(
        id=id_of("person", row.id), name=row.name, email=row.email, skills=frozenset(row.skills)
    )
