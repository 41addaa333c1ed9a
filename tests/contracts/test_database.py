"""The database's refusals in the ERP's words, and nothing half written."""

import pytest
from sqlalchemy import insert, select, update

from orchestrator.errors import ConfigurationError
from tasks.adapters.embedded.sales.tables import counters, units
from tasks.adapters.embedded.seed.company import prepare
from tasks.adapters.embedded.sql.database import Database
from tasks.erp_errors import Busy, Conflict, Rejected, Unavailable

OTHER_SHAPE = "UPDATE erp_meta SET value = 'another' WHERE name = 'shape'"


@pytest.fixture
def database(erp_url):
    database = Database(erp_url.partition("+")[2], patience=1)
    prepare(database)
    yield database
    database.close()


def test_what_fails_half_way_leaves_nothing(database):
    def count_twice():
        with database.writing() as connection:
            for _ in range(2):
                connection.execute(insert(counters).values(series="OFF", year=2026, last=7))

    with pytest.raises(Conflict, match="read it again"):
        count_twice()

    with database.reading() as connection:
        assert connection.execute(select(counters)).all() == []


def test_a_locked_row_makes_the_second_writer_busy(database):
    pieces = update(units).where(units.c.code == "pcs").values(digits=1)

    with database.writing() as first:
        first.execute(pieces)
        with pytest.raises(Busy, match="locked by somebody else"), database.writing() as second:
            second.execute(pieces)


def test_a_second_row_with_the_same_key_is_a_conflict(database):
    with pytest.raises(Conflict, match="read it again"), database.writing() as connection:
        connection.execute(insert(units).values(code="pcs", digits=0))


def test_readers_do_not_wait_for_the_writer(database):
    with database.writing() as writer, database.reading() as reader:
        writer.execute(update(units).values(digits=5))

        assert 5 not in reader.scalars(select(units.c.digits)).all()


def test_a_reader_sees_one_moment(database):
    digits = select(units.c.digits).where(units.c.code == "pcs")

    with database.reading() as reader:
        before = reader.scalar(digits)
        with database.writing() as writer:
            writer.execute(update(units).values(digits=5))

        assert reader.scalar(digits) == before != 5
    with database.reading() as reader:
        assert reader.scalar(digits) == 5


def test_a_value_that_postgresql_cannot_keep_is_refused(postgres_url):
    database = Database(postgres_url)
    prepare(database)

    with pytest.raises(Rejected, match="does not take a value"), database.writing() as connection:
        connection.execute(insert(units).values(code="NUL \0", digits=0))
    database.close()


def test_a_database_that_does_not_answer_is_unavailable():
    nowhere = Database("postgresql+psycopg://nobody@127.0.0.1:1/nothing?connect_timeout=1")

    with pytest.raises(Unavailable, match="does not answer"), nowhere.reading():
        pass


def test_a_folder_in_place_of_the_file_is_unavailable(tmp_path):
    with pytest.raises(Unavailable), Database(f"sqlite:///{tmp_path}").reading():
        pass


@pytest.mark.parametrize("change", ["DELETE FROM erp_meta WHERE name = 'shape'", OTHER_SHAPE])
def test_a_database_of_another_version_is_refused_with_the_way_out(database, change):
    with database.writing() as connection:
        connection.exec_driver_sql(change)

    with pytest.raises(
        ConfigurationError, match=r"another version.*ERP_URL lead to a new database"
    ):
        prepare(database)
