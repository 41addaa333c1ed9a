"""Where the messages of the embedded ERP go: into its own table, to be read there."""

from typing import Any

from sqlalchemy import Connection, Row, insert, select

from tasks.adapters.clock import Clock, utc_now
from tasks.adapters.embedded.desk.mail_tables import message_attachments, messages
from tasks.adapters.embedded.desk.maps import SENT_MESSAGES
from tasks.adapters.embedded.sql.database import Database, insert_new
from tasks.adapters.embedded.sql.records import read
from tasks.adapters.ids import id_of
from tasks.adapters.rules.messages import check_message
from tasks.messaging.contracts import Attachment, Channel, OutgoingMessage, SentMessage
from tasks.messaging.mail_keys import message_id_for

#: the sample company's
_DOMAIN = "pohjantukku.example"


class MessageSink:
    """A `Messages` that carries nothing anywhere; `clock` says when each was sent."""

    def __init__(self, database: Database, clock: Clock = utc_now) -> None:
        self._database = database
        self._clock = clock

    def find(self, key: str) -> SentMessage | None:
        """Return what an earlier `send` with this key handed over."""
        with self._database.reading() as connection:
            row = connection.execute(select(messages).filter_by(key=key)).one_or_none()
        return None if row is None else _sent(row)

    def send(self, key: str, message: OutgoingMessage) -> SentMessage:
        """Write a message down, or return what this key wrote before."""
        if known := self.find(key):
            return known
        check_message(message)
        is_mail = message.channel is Channel.EMAIL
        with self._database.writing() as connection:
            number = insert_new(
                connection,
                messages,
                key=key,
                message_id=message_id_for(key, _DOMAIN) if is_mail else None,
                channel=message.channel,
                recipients=message.to,
                subject=message.subject,
                text=message.text,
                in_reply_to=message.in_reply_to,
                sent_at=self._clock(),
            )
            if number is not None:
                _attach(connection, number, message.attachments)
            return _sent(connection.execute(select(messages).filter_by(key=key)).one())


def _attach(connection: Connection, number: int, files: tuple[Attachment, ...]) -> None:
    rows = [
        {"sent_id": number, "position": position, **file.model_dump()}
        for position, file in enumerate(files, start=1)
    ]
    if rows:
        connection.execute(insert(message_attachments), rows)


def _sent(row: Row[Any]) -> SentMessage:
    return read(SENT_MESSAGES, row, id=row.message_id or id_of("message", row.id))
