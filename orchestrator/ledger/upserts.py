"""INSERTs that may say ON CONFLICT, which SQLAlchemy spells by the dialect."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite


def insert_into(
    bind: sa.Connection | sa.Engine, table: sa.Table
) -> sqlite.Insert | postgresql.Insert:
    """Return an INSERT for the ledger's own database."""
    if bind.dialect.name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)
