"""Which statements are sent to a ledger, and how the database would go about each.

Pools are other processes: they write what they send to a file that the environment names.
"""

import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from orchestrator.ledger.tables import metadata

VARIABLE = "BENCH_STATEMENTS"
#: The tables that grow with each step, by their names or as a part of such.
LARGE = ("orchestrator_runs", "orchestrator_steps", "orchestrator_events")
#: So much of a statement is shown.
SHOWN = 360
#: The indexes that have only some of a table's rows, the open ones.
PARTIAL = {
    str(index.name)
    for table in metadata.tables.values()
    for index in table.indexes
    if index.dialect_options["sqlite"]["where"] is not None
}
_READS_OR_CHANGES = re.compile(r"\s*(SELECT|UPDATE|DELETE|WITH)\b", re.IGNORECASE)


def _recorder(file: Path) -> Callable[..., None]:
    seen: set[str] = set()

    def note(_c: Any, _k: Any, statement: str, parameters: Any, _x: Any, many: bool) -> None:
        if statement in seen or many or not _READS_OR_CHANGES.match(statement):
            return
        seen.add(statement)
        with file.open("a") as notes:  # one write a line: processes do not mix theirs
            notes.write(json.dumps([statement, parameters], default=str) + "\n")

    return note


@contextmanager
def recording(file: Path) -> Iterator[None]:
    """Append each new statement of this process to a file, with the first parameters it had."""
    note = _recorder(file)
    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        yield
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", note)


def record_as_told() -> None:
    """Do so in a pool, if its environment says where."""
    if file := os.environ.get(VARIABLE):
        sa.event.listen(sa.Engine, "before_cursor_execute", _recorder(Path(file)))


@contextmanager
def told_to_record(file: Path) -> Iterator[None]:
    """Let pools that are started in the block record what they send."""
    os.environ[VARIABLE] = str(file)
    try:
        yield
    finally:
        del os.environ[VARIABLE]


@dataclass(frozen=True)
class Scan:
    """A statement that goes through the whole of a large table."""

    statement: str
    plan: str


def recorded(file: Path) -> dict[str, Any]:
    """Return the statements in a file with parameters of each."""
    lines = file.read_text().splitlines() if file.is_file() else []
    return dict(map(json.loads, lines))


def scans(engine: sa.Engine, statements: dict[str, Any], *, is_filled: bool) -> list[Scan]:
    """Return those of the statements that would read the whole of a large table.

    Args:
        is_filled: the tables are large; else PostgreSQL, which reads the whole of a small one
            for good reasons, is told to do so only where there is no other way.
    """
    found = []
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql" and not is_filled:
            connection.exec_driver_sql("SET SESSION enable_seqscan = off")
            connection.commit()
        for statement, parameters in statements.items():
            plan = _plan(connection, statement, parameters)
            read = [line for line in plan if _is_scan(line, statement)]
            if read:
                found.append(Scan(_beginning(statement), read[0]))
            connection.rollback()
    return found


def _beginning(statement: str) -> str:
    """Return what tells a statement from others, without the columns that it asks for."""
    text = " ".join(statement.split())
    return text[max(0, text.find(" FROM ")) :][:SHOWN]


def _plan(connection: sa.Connection, statement: str, parameters: Any) -> list[str]:
    given = tuple(parameters) if isinstance(parameters, list) else parameters or {}
    how = "EXPLAIN" if connection.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN"
    rows = connection.exec_driver_sql(f"{how} {statement}", given or ())
    return [str(row[-1]).strip() for row in rows]


def _is_scan(line: str, statement: str) -> bool:
    if not any(table in line for table in LARGE):
        return False
    if "Seq Scan" in line:
        return True
    # SQLite: through the table, or through an index that has all of its rows, to its end.
    if not line.startswith("SCAN"):
        return False
    index = re.search(r"INDEX (\w+)", line)
    return index is None or (index[1] not in PARTIAL and "LIMIT" not in statement)
