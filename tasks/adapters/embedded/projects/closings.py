"""Until which day hours are closed: paid out and reported, so that nothing moves there any more.

The row is the lock: who books shares it, and who closes days waits until all of them are done.
"""

import datetime as dt

from sqlalchemy import Connection, insert, select, update

from tasks.adapters.embedded.projects.tables import closings
from tasks.erp_errors import Rejected

_HOURS = closings.c.what == "hours"


def begin_closing(connection: Connection, until: dt.date) -> None:
    """Write down, once for an ERP, until which day all was closed before its first."""
    connection.execute(insert(closings).values(what="hours", until=until))


def close_days(connection: Connection, until: dt.date) -> None:
    """Close all days until one, that day included; what is closed stays closed."""
    later = update(closings).where(_HOURS, closings.c.until < until).values(until=until)
    connection.execute(later)


def check_day_open(connection: Connection, on: dt.date) -> None:
    """Let a day pass that is not closed, and keep it open until the transaction ends.

    Raises:
        Rejected: it is closed.
    """
    query = select(closings.c.until).where(_HOURS)
    until = connection.execute(query.with_for_update(read=True)).scalar_one()
    if on <= until:
        raise Rejected(
            f"hours of {on} are closed, like those of all days until {until}: "
            "they are booked and taken back on later days only"
        )
