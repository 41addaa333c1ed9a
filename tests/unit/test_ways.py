"""The statements that end a step, as PostgreSQL's driver is given them."""

import pytest
from psycopg._queries import MAX_CACHED_STATEMENT_LENGTH, MAX_CACHED_STATEMENT_PARAMS
from sqlalchemy.dialects.postgresql import psycopg

from orchestrator.ledger.flow import last_steps, ways

WAYS = {name: way for name, way in vars(ways).items() if isinstance(way, ways.Way)}
STATEMENTS = {name: way.on_postgresql for name, way in WAYS.items()}
STATEMENTS["the last of a run"] = last_steps.ON_POSTGRESQL


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_statement_is_short_enough_to_be_read_once(name: str) -> None:
    compiled = STATEMENTS[name].compile(dialect=psycopg.dialect())

    assert len(str(compiled)) <= MAX_CACHED_STATEMENT_LENGTH
    assert len(compiled.params) <= MAX_CACHED_STATEMENT_PARAMS


def test_there_are_some() -> None:
    assert len(WAYS) == 5
