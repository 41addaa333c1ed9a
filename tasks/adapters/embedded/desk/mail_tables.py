"""What the embedded ERP keeps of messages: its mailbox, and the sink of what goes out."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)

from tasks.adapters.embedded.sales.tables import metadata
from tasks.adapters.embedded.sql.column_types import Moment, Words
from tasks.messaging.contracts import Channel

#: a mail that comes twice lies here twice, as on any server: its key says that it is one
mails = Table(
    "erp_mail",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", Text, nullable=False),
    Column("folder", Text, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("delivered_at", Moment, nullable=False),
    Index("erp_mail_in_folder", "folder", "id"),
)

_CHANNELS = ", ".join(f"'{channel}'" for channel in Channel)

#: what would have gone out
messages = Table(
    "erp_message",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("message_id", Text, unique=True),  #: of an e-mail
    Column("channel", String(10), nullable=False),
    Column("recipients", Words, nullable=False),
    Column("subject", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("in_reply_to", Text, nullable=False),
    Column("sent_at", Moment, nullable=False),
    CheckConstraint(f"channel IN ({_CHANNELS})", name="erp_message_channel"),
)

message_attachments = Table(
    "erp_message_attachment",
    metadata,
    Column("sent_id", ForeignKey("erp_message.id"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),
)
