"""Where Alembic runs our migrations: on the connection that `migrate` hands it."""

from alembic import context

from orchestrator.ledger.permits import tables as permit_tables

connection = context.config.attributes["connection"]
if connection.dialect.name == "sqlite":
    # A table is altered by making a new one in its place, and a trigger that speaks of the old
    # one would forbid that.
    connection.exec_driver_sql("pragma legacy_alter_table=on")
context.configure(
    connection=connection,
    target_metadata=permit_tables.resources.metadata,
    version_table="orchestrator_migrations",
    render_as_batch=True,  # SQLite alters a table by copying it
)
with context.begin_transaction():
    context.run_migrations()
