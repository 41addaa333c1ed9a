"""The way back to what a Tryton's database was, in a fraction of a second, while its server runs.

To drop the database and copy it again takes the server's connections and caches from it, which
costs seconds. Here each table says when it is written to, and what was in it is kept in a schema
of its own, `founding`; Tryton looks at `public` only.
"""

import itertools
import json
from collections.abc import Iterator

import psycopg
from psycopg import sql

from tests.waiting import eventually

#: logins go on
_LOGINS = ("ir_session", "ir_session_wizard")
#: caches of what the tests change, beside those that each model has for its values
_CACHES = ("modelstorage.count", "company_employee.cost_prices", "account.period.find")
#: a notification has less than 8000 bytes
_CACHES_A_NOTIFICATION = 100
_TRIGGER = (
    "CREATE TRIGGER founding AFTER INSERT OR UPDATE OR DELETE ON {table}"
    " FOR EACH STATEMENT EXECUTE FUNCTION founding.write()"
)
_REST_SECONDS = 30.0


def remember(connection: psycopg.Connection) -> None:
    """Keep what is in a database to which nobody else is connected; takes a second or two."""
    run = connection.execute
    with connection.transaction():
        run("CREATE SCHEMA founding")
        run("CREATE UNLOGGED TABLE founding.written (name text)")
        run(
            "CREATE FUNCTION founding.write() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            " INSERT INTO founding.written VALUES (TG_TABLE_NAME); RETURN NULL; END $$"
        )
        # By hand: a view of PostgreSQL shows a sequence that was never used as null.
        run("CREATE TABLE founding.numbers (sequence text, number bigint, used boolean)")
        for (name,) in run("SELECT sequencename FROM pg_sequences WHERE schemaname = 'public'"):
            if name.removesuffix("_id_seq") not in _LOGINS:
                statement = "INSERT INTO founding.numbers SELECT {}, last_value, is_called FROM {}"
                run(sql.SQL(statement).format(sql.Literal(name), sql.Identifier(name)))
        tables = run("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        for name in {name for (name,) in tables}.difference(_LOGINS):
            run(_on("CREATE TABLE {kept} AS TABLE {table}", name))
            run(_on(_TRIGGER, name))


def restore(connection: psycopg.Connection) -> None:
    """Bring back what was remembered; the server and its logins go on.

    Raises:
        AssertionError: the server is still at work after half a minute.
    """
    _wait_for_rest(connection)
    run = connection.execute
    with connection.transaction():
        run("SET LOCAL session_replication_role = replica")  # no triggers, foreign keys' included
        for (name,) in run("SELECT DISTINCT name FROM founding.written").fetchall():
            run(_on("DELETE FROM {table}", name))
            run(_on("INSERT INTO {table} OVERRIDING SYSTEM VALUE TABLE {kept}", name))
        run("TRUNCATE founding.written")
        run("SELECT setval(sequence::regclass, number, used) FROM founding.numbers")
        for names in _chunks(_caches(connection)):
            run("SELECT pg_notify('ir_cache', %s)", [json.dumps(names)])


def _caches(connection: psycopg.Connection) -> list[str]:
    models = connection.execute("SELECT name || '.values' FROM ir_model").fetchall()
    return [*_CACHES, *(name for (name,) in models)]


def _chunks(names: list[str]) -> Iterator[list[str]]:
    rest = iter(names)
    while chunk := list(itertools.islice(rest, _CACHES_A_NOTIFICATION)):
        yield chunk


def _wait_for_rest(connection: psycopg.Connection) -> None:
    # A caller that was killed leaves the server a call to finish.
    busy = (
        "SELECT query FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid() AND backend_type = 'client backend' AND state <> 'idle'"
    )
    eventually(lambda: not connection.execute(busy).fetchall(), within=_REST_SECONDS)


def _on(statement: str, table: str) -> sql.Composed:
    return sql.SQL(statement).format(
        table=sql.Identifier(table), kept=sql.Identifier("founding", table)
    )
