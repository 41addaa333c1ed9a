"""The people of the embedded ERP."""

from sqlalchemy import select

from tasks.adapters.embedded.sales.maps import PEOPLE
from tasks.adapters.embedded.sales.tables import customers, people
from tasks.adapters.embedded.sql.database import Database
from tasks.adapters.embedded.sql.records import read
from tasks.adapters.ids import no_such, number_of, numbers_of
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
        return read(PEOPLE, row)

    def by_email(self, email: str) -> Person | None:
        """Return whoever has this address."""
        query = select(people).where(people.c.email == email.strip().lower())
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else read(PEOPLE, row)

    def salesperson_of(self, customer: Id) -> Person | None:
        """Return who looks after a customer."""
        query = (
            select(people)
            .join(customers, customers.c.salesperson_id == people.c.id)
            .where(customers.c.id.in_(numbers_of("customer", [customer])))
        )
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else read(PEOPLE, row)

    def all(self) -> list[Person]:
        """Return everybody, by name."""
        query = select(people).order_by(people.c.name, people.c.id)
        with self._database.reading() as connection:
            return [read(PEOPLE, row) for row in connection.execute(query)]
