"""The database keeps the log as it was written, whoever asks otherwise."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy.exc import IntegrityError

from orchestrator.ledger import Ledger, events, migrate
from orchestrator.ledger.migrate import config
from orchestrator.ledger.tables import events as log
from orchestrator.ledger.tables import runs
from tests.integration.book import Book


def test_an_event_is_never_changed(book: Book) -> None:
    with (
        pytest.raises(IntegrityError, match="an event is never changed"),
        book.ledger.write() as connection,
    ):
        connection.execute(sa.update(log).values(detail=None))


def test_an_event_is_not_deleted_while_its_run_exists(book: Book) -> None:
    with (
        pytest.raises(IntegrityError, match="an event is kept as long as its run"),
        book.ledger.write() as connection,
    ):
        connection.execute(sa.delete(log))


def test_an_event_is_deleted_after_its_run(book: Book) -> None:
    with book.ledger.write() as connection:
        connection.execute(sa.delete(runs).where(runs.c.id == book.run_id))
        connection.execute(sa.delete(log).where(log.c.run_id == book.run_id))

    assert numbers(book.ledger) == []


def test_the_number_of_a_pruned_event_is_not_given_again(ledger_url: str) -> None:
    ledger = Ledger(ledger_url)
    (first,) = written(ledger, 1)
    with ledger.write() as connection:
        connection.execute(sa.delete(log))

    (second,) = written(ledger, 1)

    assert second > first
    ledger.close()


def test_the_log_is_not_emptied_at_once(postgres_ledger_url: str) -> None:
    ledger = Ledger(postgres_ledger_url)
    with (
        pytest.raises(IntegrityError, match="an event is never changed"),
        ledger.write() as connection,
    ):
        connection.execute(sa.text("TRUNCATE orchestrator_events"))
    ledger.close()


def test_a_ledger_with_events_goes_back_and_forth_and_keeps_them(ledger_url: str) -> None:
    ledger = Ledger(ledger_url, pooled=False)
    before = written(ledger, 3)

    with ledger.write() as connection:
        command.downgrade(config(connection), "0002")
    migrate(ledger_url)

    assert numbers(ledger) == before
    (after,) = written(ledger, 1)[3:]
    assert after > before[-1]


_A_LATER_MIGRATION = """
from alembic import op
revision, down_revision, branch_labels, depends_on = "later", "{head}", None, None

def upgrade():
    with op.batch_alter_table("orchestrator_runs", recreate="always"):
        pass
"""


def test_a_later_migration_can_alter_a_table_that_the_triggers_speak_of(
    ledger_url: str, tmp_path: Path
) -> None:
    """SQLite alters a table by making another in its place, which a trigger can forbid."""
    ledger = Ledger(ledger_url, pooled=False)
    with ledger.write() as connection:
        settings = config(connection)
        ours = ScriptDirectory.from_config(settings)
        later = _A_LATER_MIGRATION.format(head=ours.get_current_head())
        (tmp_path / "later.py").write_text(later)
        settings.set_main_option("path_separator", "newline")
        settings.set_main_option("version_locations", f"{ours.versions}\n{tmp_path}")

        command.upgrade(settings, "later")

    written(ledger, 1)


def written(ledger: Ledger, count: int) -> list[int]:
    """Write events of a run that does not exist; return the numbers of all there are."""
    with ledger.write() as connection:
        for _ in range(count):
            events.append(connection, "run.started", "gone")
    return numbers(ledger)


def numbers(ledger: Ledger) -> list[int]:
    with ledger.read() as connection:
        return list(connection.execute(sa.select(log.c.id).order_by(log.c.id)).scalars())
