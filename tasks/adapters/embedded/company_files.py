"""The sample company, read from the CSV files beside this module.

A wholesaler who does not exist, with customers who do not either: every mail
domain ends in `.example`, and the VAT numbers are invented.
"""

import csv
from collections.abc import Callable
from decimal import Decimal
from importlib.resources import files
from typing import Any

#: a CSV column -> how its text is read; the others stay texts
_READERS: dict[str, Callable[[str], Any]] = {
    "digits": int,
    "discount": lambda text: Decimal(text) if text else None,
    "domains": lambda text: tuple(text.split(";")) if text else (),
    "emails": lambda text: tuple(text.split(";")) if text else (),
    "list_price": Decimal,
    "min_quantity": Decimal,
    "on_hand": Decimal,
    "rate": Decimal,
    "skills": lambda text: tuple(text.split(";")) if text else (),
    "unit_price": lambda text: Decimal(text) if text else None,
}


def rows(name: str) -> list[dict[str, Any]]:
    """Return the rows of one file, such as `products`."""
    text = (files("tasks.adapters.embedded") / "company" / f"{name}.csv").read_text("utf-8")
    return [
        {column: _READERS.get(column, str)(value) for column, value in row.items()}
        for row in csv.DictReader(text.splitlines())
    ]
