"""Where Alembic runs our migrations: on the connection that `migrate` hands it."""

from alembic import context

from orchestrator.ledger import side_tables  # it imports the other tables


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=side_tables.metadata,
    version_table="orchestrator_migrations",
    render_as_batch=True,  # SQLite alters a table by copying it
)
with context.begin_transaction():
    context.run_migrations()
