"""The customers of the embedded ERP."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, or_, select

from tasks.adapters.embedded.sales.maps import CUSTOMERS
from tasks.adapters.embedded.sales.tables import contacts, customers
from tasks.adapters.embedded.sql.database import Database
from tasks.adapters.embedded.sql.records import read
from tasks.adapters.ids import no_such, number_of
from tasks.values import Customer, Id


class Customers:
    """A `CustomerRepository`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, customer: Id) -> Customer:
        """Return one customer."""
        found = self._where(customers.c.id == number_of("customer", customer))
        if not found:
            raise no_such("customer", customer)
        return found[0]

    def by_email(self, email: str) -> list[Customer]:
        """Return those with this very address."""
        same = (contacts.c.kind == "email") & (contacts.c.value == email.strip().lower())
        return self._where(_have(same))

    def by_domain(self, domain: str) -> list[Customer]:
        """Return those that own this domain, or an address in it."""
        name = domain.strip().lower()
        owned = (contacts.c.kind == "domain") & (contacts.c.value == name)
        used = (contacts.c.kind == "email") & contacts.c.value.endswith(f"@{name}", autoescape=True)
        return self._where(_have(or_(owned, used)))

    def by_name(self, text: str, limit: int = 20) -> list[Customer]:
        """Return those whose name holds the text."""
        holds = customers.c.folded_name.contains(text.strip().casefold(), autoescape=True)
        return self._where(holds, limit=limit)

    def by_vat(self, vat: str) -> list[Customer]:
        """Return those with this VAT number."""
        plain = "".join(c for c in vat if c.isalnum()).upper()
        return self._where(customers.c.vat == plain) if plain else []

    def _where(self, condition: ColumnElement[bool], *, limit: int | None = None) -> list[Customer]:
        query = select(customers).where(condition).order_by(customers.c.code).limit(limit)
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
            return _with_contacts(connection, rows)


def customer_number(connection: Connection, customer: Id) -> int:
    """Return the row's number of a customer.

    Raises:
        NotFound: no customer has this id.
    """
    query = select(customers.c.id).where(customers.c.id == number_of("customer", customer))
    number: int | None = connection.execute(query).scalar()
    if number is None:
        raise no_such("customer", customer)
    return number


def _have(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return customers.c.id.in_(select(contacts.c.customer_id).where(condition))


def _with_contacts(connection: Connection, rows: Sequence[Row[Any]]) -> list[Customer]:
    query = (
        select(contacts)
        .where(contacts.c.customer_id.in_([row.id for row in rows]))
        .order_by(contacts.c.id)
    )
    known: dict[tuple[int, str], list[str]] = defaultdict(list)
    for contact in connection.execute(query):
        known[contact.customer_id, contact.kind].append(contact.value)
    return [
        read(
            CUSTOMERS,
            row,
            emails=tuple(known[row.id, "email"]),
            domains=tuple(known[row.id, "domain"]),
        )
        for row in rows
    ]
