"""Column types that give back what was stored, on SQLite as on PostgreSQL."""

import datetime as dt
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy import DateTime, Dialect, Numeric, String, Text, TypeDecorator
from sqlalchemy.types import TypeEngine
from typing_extensions import override


class Exact(TypeDecorator[Decimal]):
    """A decimal that comes back digit for digit: SQLite's own NUMERIC is a float."""

    impl = String
    cache_ok = True

    @override
    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Take NUMERIC where it is exact."""
        return Numeric() if dialect.name == "postgresql" else String()

    @override
    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        """Write digits, never an exponent."""
        if value is None or dialect.name == "postgresql":
            return value
        return f"{value:f}"

    @override
    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        """Read digits."""
        return None if value is None else Decimal(value)


class Moment(TypeDecorator[dt.datetime]):
    """A time in UTC; SQLite would forget the zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    @override
    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> Any:
        """Write UTC, whatever zone it was said in."""
        return None if value is None else value.astimezone(dt.UTC)

    @override
    def process_result_value(self, value: dt.datetime | None, dialect: Dialect) -> Any:
        """Say what every time here is: UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)


class Words(TypeDecorator[tuple[str, ...]]):
    """A few texts in one column."""

    impl = Text
    cache_ok = True

    @override
    def process_bind_param(self, value: tuple[str, ...] | None, dialect: Dialect) -> str:
        """Write a JSON list."""
        return json.dumps(list(value or ()), ensure_ascii=False)

    @override
    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[str, ...]:
        """Read a JSON list."""
        return tuple(json.loads(value or "[]"))


class Measures(TypeDecorator[dict[str, Decimal]]):
    """Decimals by name in one column, digit for digit."""

    impl = Text
    cache_ok = True

    @override
    def process_bind_param(self, value: Mapping[str, Decimal] | None, dialect: Dialect) -> str:
        """Write a JSON object of digits."""
        digits = {name: f"{number:f}" for name, number in (value or {}).items()}
        return json.dumps(digits, ensure_ascii=False)

    @override
    def process_result_value(self, value: str | None, dialect: Dialect) -> dict[str, Decimal]:
        """Read a JSON object of digits."""
        return {name: Decimal(digits) for name, digits in json.loads(value or "{}").items()}
