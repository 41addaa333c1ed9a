"""The mailbox of the embedded ERP."""

from sqlalchemy import insert, select, update

from tasks.adapters.clock import Clock, utc_now
from tasks.adapters.embedded.desk.mail_tables import mails
from tasks.adapters.embedded.desk.maps import MAILS
from tasks.adapters.embedded.sql.database import Database
from tasks.adapters.embedded.sql.records import read
from tasks.adapters.ids import numbers_of
from tasks.messaging.contracts import Mail
from tasks.messaging.mail_keys import mail_key

#: where mails lie that nobody has taken in
_INBOX = "INBOX"


class Mailbox:
    """An `Inbox`, and the way into it; `clock` says when each mail was delivered."""

    def __init__(self, database: Database, clock: Clock = utc_now) -> None:
        self._database = database
        self._clock = clock

    def deliver(self, raw: bytes) -> Mail:
        """Put a mail into the inbox, as a mail server does for whoever writes to us.

        Args:
            raw: the whole message, headers and all.
        """
        made = insert(mails).values(
            key=mail_key(raw), folder=_INBOX, raw=raw, delivered_at=self._clock()
        )
        with self._database.writing() as connection:
            return read(MAILS, connection.execute(made.returning(mails)).one())

    def fetch(self, limit: int = 50) -> list[Mail]:
        """Return the oldest mails that nobody has taken in yet, and leave them as they are."""
        query = select(mails).filter_by(folder=_INBOX).order_by(mails.c.id).limit(limit)
        with self._database.reading() as connection:
            return [read(MAILS, row) for row in connection.execute(query)]

    def done(self, mail: Mail, folder: str = "Processed") -> None:
        """Move a mail to a folder; one that is no longer in the inbox is no error."""
        # By both: in a database that was filled anew another mail may have the uid.
        it = mails.c.id.in_(numbers_of("mail", [mail.uid])) & (mails.c.key == mail.key)
        moved = update(mails).where(it, mails.c.folder == _INBOX).values(folder=folder)
        with self._database.writing() as connection:
            connection.execute(moved)
