"""What the embedded ERP keeps of files."""

from sqlalchemy import Column, Integer, LargeBinary, String, Table, Text

from tasks.adapters.embedded.sales.tables import metadata
from tasks.adapters.embedded.sql.column_types import Moment

#: a row stays when its file is removed, without key and content, so that its id is nobody else's
documents = Table(
    "erp_document",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", Text, unique=True),
    Column("record", Text, nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("size", Integer, nullable=False),  #: bytes
    Column("sha256", String(64), nullable=False),
    Column("attached_at", Moment, nullable=False),
    Column("content", LargeBinary),
)
