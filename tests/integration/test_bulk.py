"""Rows that are written many at a time are the rows that were given, whatever is in them."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestrator.errors import InvalidInput
from orchestrator.ledger import Ledger, bulk
from orchestrator.ledger.columns import Utc

AT = dt.datetime(2026, 2, 28, 23, 59, 59, 123456, tzinfo=dt.timezone(dt.timedelta(hours=-7)))

things = sa.Table(
    "things",
    sa.MetaData(),
    sa.Column("number", sa.BigInteger, primary_key=True),
    sa.Column("text", sa.Text),
    sa.Column("seconds", sa.Float),
    sa.Column("is_kept", sa.Boolean),
    sa.Column("at", Utc),
    sa.Column("left_out", sa.Text, server_default="the table's own"),
)


@pytest.fixture
def ledger(ledger_url: str) -> Iterator[Ledger]:
    made = Ledger(ledger_url)
    with made.write() as connection:
        things.create(connection)
    yield made
    made.close()


def thing(number: int, **given: Any) -> dict[str, Any]:
    return {"number": number, "text": None, "seconds": None, "is_kept": None, "at": None, **given}


def written(ledger: Ledger, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Write rows, and return all there are."""
    with ledger.write() as connection:
        bulk.insert_all(connection, things, rows)
        found = connection.execute(sa.select(things).order_by(things.c.number))
        return [dict(row._mapping) for row in found]


@pytest.mark.parametrize("more", [[], [thing(8)]], ids=["one row", "two rows"])
def test_what_is_read_is_what_was_written(ledger: Ledger, more: list[dict[str, Any]]) -> None:
    full = thing(7, text='{"a": "\\"\\n\'é𝄞"}', seconds=0.1 + 0.2, is_kept=True, at=AT)

    found = written(ledger, [full, *more])

    assert found[0] == full | {"left_out": "the table's own"}
    assert found[1:] == [row | {"left_out": "the table's own"} for row in more]


@given(texts=st.lists(st.text(st.characters(exclude_characters="\0", codec="utf-8")), min_size=2))
@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_text_is_changed(ledger: Ledger, texts: list[str]) -> None:
    with ledger.write() as connection:
        connection.execute(sa.delete(things))

    found = written(ledger, [thing(number, text=text) for number, text in enumerate(texts)])

    assert [row["text"] for row in found] == texts


def test_none_of_no_rows(ledger: Ledger) -> None:
    assert written(ledger, []) == []


def test_no_statement_is_longer_than_postgresql_takes(
    postgres_ledger_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Ledger(postgres_ledger_url)
    with made.write() as connection:
        things.create(connection)
    monkeypatch.setattr(bulk, "_CHARACTERS", 1_000)
    lengths = []
    sa.event.listen(
        made.engine,
        "before_cursor_execute",
        lambda _connection, _cursor, _statement, given, *_: lengths.append(
            len(given.get("rows", ""))
        ),
    )
    texts = ["x" * (300 if number % 7 else 3_000) for number in range(40)]

    found = written(made, [thing(number, text=text) for number, text in enumerate(texts)])

    assert [row["text"] for row in found] == texts
    assert max(length for length in lengths if length < 3_000) <= 1_100
    assert sum(length > 3_000 for length in lengths) == 6  # those that are longer by themselves
    made.close()


@pytest.mark.parametrize("rows", [1, 2])
def test_a_time_without_a_zone_is_refused(ledger: Ledger, rows: int) -> None:
    naive = AT.replace(tzinfo=None)

    with pytest.raises((TypeError, sa.exc.StatementError), match=r"datetime.*aware time"):
        written(ledger, [thing(number, at=naive) for number in range(rows)])

    assert written(ledger, []) == []


@pytest.mark.parametrize("rows", [1, 2])
def test_a_text_that_postgresql_cannot_keep_is_refused_in_a_sentence(
    postgres_ledger_url: str, rows: int
) -> None:
    made = Ledger(postgres_ledger_url)
    with made.write() as connection:
        things.create(connection)

    with pytest.raises(InvalidInput, match="the ledger cannot keep a value"):
        written(made, [thing(number, text="a null\0") for number in range(rows)])

    assert written(made, []) == []
    made.close()
