"""Many rows in one statement, which PostgreSQL reads out of one JSON text.

A driver sends it a message for each row, or a statement that is as long as the rows are many
and is read anew each time. SQLite runs in our process, and takes row by row as fast.
"""

import datetime as dt
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa

#: A text is begun anew after so many characters; PostgreSQL takes some hundred times as many.
_CHARACTERS = 4_000_000


def insert_all(connection: sa.Connection, table: sa.Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows that all have values for the same columns."""
    if len(rows) == 1:
        connection.execute(_inline(table), rows[0])
    elif rows and connection.dialect.name == "sqlite":
        connection.execute(_inline(table), rows)
    elif rows:
        statement = _from_json(table, tuple(rows[0]))
        for text in json_lists(rows):
            connection.execute(statement, {"rows": text})


def rows_of_json(table: sa.Table, names: Iterable[str]) -> sa.Select[Any]:
    """Return PostgreSQL's rows of a table out of the text that is given as `rows`."""
    text = sa.cast(sa.bindparam("rows", type_=sa.Text), sa.JSON)
    like: sa.ColumnClause[Any] = sa.literal_column(f"NULL::{table.name}")
    return sa.select(sa.func.json_populate_recordset(like, text).table_valued(*names))


def json_lists(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Return rows as JSON lists of which none is too long for a statement."""
    texts: list[str] = []
    characters = 0
    for row in rows:
        text = _ENCODER.encode(row)
        if texts and characters + len(text) > _CHARACTERS:
            yield f"[{','.join(texts)}]"
            texts, characters = [], 0
        texts.append(text)
        characters += len(text)
    if texts:
        yield f"[{','.join(texts)}]"


# Statements are made once: to build one takes longer than to run it.


@cache
def _inline(table: sa.Table) -> sa.Insert:
    return sa.insert(table).inline()  # nobody asks for the number that a row gets


@cache
def _from_json(table: sa.Table, names: tuple[str, ...]) -> sa.Insert:
    return sa.insert(table).from_select(names, rows_of_json(table, names), include_defaults=False)


def _time(value: Any) -> str:
    if not isinstance(value, dt.datetime) or value.tzinfo is None:
        raise TypeError(f"{value!r} is neither JSON nor an aware time")
    return value.isoformat()


_ENCODER = json.JSONEncoder(default=_time)
