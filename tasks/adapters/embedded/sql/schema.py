"""All tables of the embedded ERP together, and whether a database has these very ones.

The ERP never changes the tables of a database that is in use: one that an earlier version
made is refused, with a sentence, before anything half fits.
"""

import hashlib

from sqlalchemy import Connection, insert, inspect, select

from orchestrator.errors import ConfigurationError
from tasks.adapters.embedded.desk import mail_tables
from tasks.adapters.embedded.desk import tables as desk_tables
from tasks.adapters.embedded.invoicing import journal_tables
from tasks.adapters.embedded.invoicing import tables as invoice_tables
from tasks.adapters.embedded.production import tables as production_tables
from tasks.adapters.embedded.production import workshop_tables
from tasks.adapters.embedded.projects import tables as project_tables
from tasks.adapters.embedded.sales import document_tables, tables
from tasks.adapters.embedded.stock import delivery_tables
from tasks.adapters.embedded.stock import tables as stock_tables

#: whoever adds a module of tables names it here, or its tables are not made
_PARTS = (
    tables,
    journal_tables,
    stock_tables,
    delivery_tables,
    workshop_tables,
    production_tables,
    invoice_tables,
    project_tables,
    document_tables,
    desk_tables,
    mail_tables,
)


def make_tables(connection: Connection) -> None:
    """Make all tables, and write down their shape."""
    tables.metadata.create_all(connection)
    connection.execute(insert(tables.meta).values(name="shape", value=_shape()))


def has_tables(connection: Connection) -> bool:
    """Tell whether the tables are there.

    Raises:
        ConfigurationError: they are, and another version made them.
    """
    if not inspect(connection).has_table(tables.meta.name):
        return False
    written = select(tables.meta.c.value).where(tables.meta.c.name == "shape")
    if connection.execute(written).scalar() != _shape():
        raise ConfigurationError(
            f"the embedded ERP in '{connection.engine.url}' was made by another version, whose "
            "tables differ: let ERP_URL lead to a new database, or drop the tables 'erp_…' in it"
        )
    return True


def _shape() -> str:
    """Return what changes whenever a table or a column comes, goes or is renamed."""
    metadata = _PARTS[0].metadata
    columns = (str(column) for table in metadata.sorted_tables for column in table.columns)
    return hashlib.sha256("\n".join(sorted(columns)).encode()).hexdigest()
