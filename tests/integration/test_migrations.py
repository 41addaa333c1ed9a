"""The migrations make exactly the tables that the code speaks of, forth, back, and at once."""

import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from orchestrator.ledger import Ledger, migrate
from orchestrator.ledger.migrate import config
from orchestrator.ledger.side_tables import metadata

VERSIONS = "orchestrator_migrations"


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database with nothing in it."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.db'}"
    return str(request.getfixturevalue("postgres_url"))


def tables(url: str) -> set[str]:
    ledger = Ledger(url, pooled=False)
    with ledger.read() as connection:
        return set(sa.inspect(connection).get_table_names())


def differences(url: str) -> list[object]:
    ledger = Ledger(url, pooled=False)
    with ledger.read() as connection:
        options = {"version_table": VERSIONS, "compare_type": True}
        return list(
            compare_metadata(MigrationContext.configure(connection, opts=options), metadata)
        )


def downgrade(url: str) -> None:
    with Ledger(url, pooled=False).write() as connection:
        command.downgrade(config(connection), "base")


def test_migrating_makes_the_tables_of_the_code(empty_url: str) -> None:
    migrate(empty_url)

    assert tables(empty_url) == {*metadata.tables, VERSIONS}
    assert differences(empty_url) == []


def test_migrating_again_changes_nothing(ledger_url: str) -> None:
    migrate(ledger_url)

    assert differences(ledger_url) == []


def test_one_can_go_back_and_forth_again(ledger_url: str) -> None:
    downgrade(ledger_url)
    assert tables(ledger_url) == {VERSIONS}

    migrate(ledger_url)

    assert tables(ledger_url) == {*metadata.tables, VERSIONS}
    assert differences(ledger_url) == []


def test_processes_that_migrate_at_once_wait_for_each_other(empty_url: str) -> None:
    script = "import sys; from orchestrator.ledger import migrate; migrate(sys.argv[1])"
    processes = [
        subprocess.Popen([sys.executable, "-c", script, empty_url], stderr=subprocess.PIPE)
        for _ in range(3)
    ]

    said = [process.communicate(timeout=50)[1] for process in processes]

    assert [process.returncode for process in processes] == [0, 0, 0], said
    assert differences(empty_url) == []


def test_the_ledger_stands_beside_the_producers_own_tables(ledger_url: str) -> None:
    ledger = Ledger(ledger_url, pooled=False)
    with ledger.write() as connection:
        connection.execute(sa.text("CREATE TABLE orders (id INTEGER)"))

    downgrade(ledger_url)
    migrate(ledger_url)

    assert "orders" in tables(ledger_url)
