"""Events are append-only: the database itself refuses to change one, or to delete it early.

An event is deleted after its run, never before it: whoever prunes deletes the run first.
On SQLite a number is never given twice either, so that a reader who remembers how far it
has read misses nothing after the newest events were pruned.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_SQLITE = (
    """
    CREATE TRIGGER orchestrator_events_never_change BEFORE UPDATE ON orchestrator_events
    BEGIN
        SELECT RAISE(ABORT, 'an event is never changed: append another that says what is true now');
    END
    """,
    """
    CREATE TRIGGER orchestrator_events_outlive_runs BEFORE DELETE ON orchestrator_events
    WHEN EXISTS (SELECT 1 FROM orchestrator_runs WHERE id = OLD.run_id)
    BEGIN
        SELECT RAISE(ABORT, 'an event is kept as long as its run: delete the run first');
    END
    """,
)

_POSTGRESQL = (
    """
    CREATE FUNCTION orchestrator_refuse_event_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'an event is never changed: append another that says what is true now'
            USING ERRCODE = 'restrict_violation';
    END $$
    """,
    """
    CREATE FUNCTION orchestrator_refuse_event_delete() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (SELECT 1 FROM orchestrator_runs WHERE id = OLD.run_id) THEN
            RAISE EXCEPTION 'an event is kept as long as its run: delete the run first'
                USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN OLD;
    END $$
    """,
    """
    CREATE TRIGGER orchestrator_events_never_change BEFORE UPDATE ON orchestrator_events
    FOR EACH ROW EXECUTE FUNCTION orchestrator_refuse_event_change()
    """,
    """
    CREATE TRIGGER orchestrator_events_outlive_runs BEFORE DELETE ON orchestrator_events
    FOR EACH ROW EXECUTE FUNCTION orchestrator_refuse_event_delete()
    """,
    """
    CREATE TRIGGER orchestrator_events_never_emptied BEFORE TRUNCATE ON orchestrator_events
    FOR EACH STATEMENT EXECUTE FUNCTION orchestrator_refuse_event_change()
    """,
)

_TRIGGERS = ("orchestrator_events_never_change", "orchestrator_events_outlive_runs")


def upgrade() -> None:
    """Move forward."""
    if _is_sqlite():
        _copy_events(numbers_are_given_once=True)
    for statement in _SQLITE if _is_sqlite() else _POSTGRESQL:
        op.execute(sa.text(statement))


def downgrade() -> None:
    """Move back."""
    if _is_sqlite():
        for name in _TRIGGERS:
            op.execute(sa.text(f"DROP TRIGGER {name}"))
        _copy_events(numbers_are_given_once=False)
        return
    for function in ("orchestrator_refuse_event_change", "orchestrator_refuse_event_delete"):
        op.execute(sa.text(f"DROP FUNCTION {function} CASCADE"))  # its triggers go with it


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _copy_events(*, numbers_are_given_once: bool) -> None:
    keyword = {"sqlite_autoincrement": numbers_are_given_once}
    with op.batch_alter_table("orchestrator_events", recreate="always", table_kwargs=keyword):
        pass  # SQLite knows no other way to change how a table numbers its rows
