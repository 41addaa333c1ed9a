"""Bring a ledger's tables up to date."""

from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from orchestrator.ledger.engine import Ledger

if TYPE_CHECKING:
    from alembic.config import Config

#: Any number; two processes that migrate one PostgreSQL ledger wait for each other on it.
_ADVISORY_LOCK = 7_023_114


def migrate(url: str, revision: str = "head") -> None:
    """Upgrade the ledger at `url`, or do nothing when it is up to date; safe to do twice at once.

    Raises:
        ConfigurationError: the URL names neither SQLite nor PostgreSQL.
        Unavailable: the database does not answer.
    """
    # Alembic costs every process 0.2 s to import, and only this one needs it.
    from alembic import command  # noqa: PLC0415 - see above

    ledger = Ledger(url, pooled=False)
    if ledger.is_sqlite and ledger.engine.url.database:
        Path(ledger.engine.url.database).parent.mkdir(parents=True, exist_ok=True)
    with ledger.write() as connection:
        if not ledger.is_sqlite:
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_ADVISORY_LOCK)))
        command.upgrade(config(connection), revision)


def config(connection: sa.Connection) -> "Config":
    """Return Alembic's configuration for an open connection."""
    from alembic.config import Config  # noqa: PLC0415 - as in `migrate`

    settings = Config()
    settings.set_main_option("script_location", "orchestrator.ledger:migrations")
    settings.attributes["connection"] = connection
    return settings
