"""What an hour of a person costs in the embedded ERP."""

import datetime as dt

from sqlalchemy import Connection, select

from tasks.adapters.embedded.currency import money
from tasks.adapters.embedded.production.workshop_tables import labour_rates
from tasks.adapters.embedded.sales.tables import people
from tasks.adapters.embedded.sql.database import Database
from tasks.adapters.embedded.sql.records import row_of
from tasks.erp_errors import NotFound
from tasks.values import Id, Money


class Rates:
    """A `LabourRates`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def labour_rate(self, person: Id, on: dt.date) -> Money:
        """Return what an hour of a person cost on a day."""
        with self._database.reading() as connection:
            return rate_of(connection, person, on)


def rate_of(connection: Connection, person: Id, on: dt.date) -> Money:
    """Return what an hour of a person cost on a day.

    Raises:
        NotFound: nobody has this id, or there was no rate yet on that day.
    """
    row = row_of(connection, people, "person", person)
    rate = labour_rates.c
    query = (
        select(rate.hour_cost)
        .where(rate.person_id == row.id, rate.since <= on)
        .order_by(rate.since.desc())
        .limit(1)
    )
    cost = connection.execute(query).scalar_one_or_none()
    if cost is None:
        raise NotFound(f"{row.name} had no labour rate yet on {on}")
    return money(cost)
