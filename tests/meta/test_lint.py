"""Style, layout and types, as pyproject.toml configures them."""

import pytest

from tests.repository import assert_clean, program


def test_ruff_has_nothing_to_say():
    assert_clean(program("ruff"), "check", "--no-fix", ".")


def test_every_file_is_formatted():
    assert_clean(program("ruff"), "format", "--check", ".")


@pytest.mark.timeout(300)  # a cold cache reads SQLAlchemy and pydantic once
def test_mypy_strict_has_nothing_to_say():
    assert_clean(program("mypy"))
