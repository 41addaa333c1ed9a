"""The mails that wait for a person."""

from collections.abc import Sequence

from sqlalchemy import select, update

from tasks.adapters.clock import Clock, utc_now
from tasks.adapters.embedded.sales.maps import HANDOVERS
from tasks.adapters.embedded.sales.tables import handovers
from tasks.adapters.embedded.sql.database import Database, insert_missing
from tasks.adapters.embedded.sql.records import read
from tasks.adapters.ids import no_such, number_of
from tasks.messaging.contracts import Handover
from tasks.values import Id


class HandoverPile:
    """A `Handovers`; `clock` says when each was opened."""

    def __init__(self, database: Database, clock: Clock = utc_now) -> None:
        self._database = database
        self._clock = clock

    def add(
        self, key: str, mail_key: str, *, subject: str, sender: str, reasons: Sequence[str]
    ) -> Handover:
        """Hand a mail over, or return what the same key handed over before."""
        with self._database.writing() as connection:
            insert_missing(
                connection,
                handovers,
                key=key,
                mail_key=mail_key,
                subject=subject,
                sender=sender,
                reasons=tuple(reasons),
                opened_at=self._clock(),
            )
            return read(HANDOVERS, connection.execute(select(handovers).filter_by(key=key)).one())

    def find(self, key: str) -> Handover | None:
        """Return what this key handed over, closed or not."""
        with self._database.reading() as connection:
            row = connection.execute(select(handovers).filter_by(key=key)).one_or_none()
        return None if row is None else read(HANDOVERS, row)

    def open(self) -> list[Handover]:
        """Return what nobody has closed yet, the oldest first."""
        query = select(handovers).where(handovers.c.closed_at.is_(None)).order_by(handovers.c.id)
        with self._database.reading() as connection:
            return [read(HANDOVERS, row) for row in connection.execute(query)]

    def close(self, handover: Id) -> None:
        """Take it off the pile."""
        number = number_of("handover", handover)
        still_open = (handovers.c.id == number) & handovers.c.closed_at.is_(None)
        with self._database.writing() as connection:
            connection.execute(update(handovers).where(still_open).values(closed_at=self._clock()))
            known = connection.execute(select(handovers.c.id).filter_by(id=number)).one_or_none()
        if known is None:
            raise no_such("handover", handover)
