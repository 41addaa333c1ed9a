"""The sample company, read from the CSV files beside this module.

A wholesaler who does not exist, with customers who do not either: every mail
domain ends in `.example`, and the VAT numbers are invented. It also builds cabinets and
brackets to order, from what it sells:

    units, taxes, products, price_lists, price_rules, customers, people    what it sells to whom
    boms, bom_lines, operations, work_centres, quality_checks              what it makes, and how
    suppliers, supplier_prices, labour_rates                               what that costs
    projects, project_tasks, project_allocations, time_entries             what it does by the hour
    project_budgets, project_costs                                         what that may cost
    accounts                                                               where it is booked
    tickets, ticket_comments, articles                                     how customers are helped

A bill of materials is for `quantity` of its product; a phantom one, a kit, has no product: it is
never made by itself, and its lines go into what names it. `scrap` is the percentage by which more
is taken than the line says. Work centres are open on `days` of the ISO week, Monday being 1; a
step of an operation takes `setup_minutes`, and then `minutes` for each unit of the product. A check
is made at its `stage`, and one without limits asks yes or no. A labour rate holds from `since` on.
A ticket was `opened_ago` so many hours before the company is loaded, and is due so many after it:
some are late on the first day.

The days of projects are counted from the Monday of the week in which the company is founded, so
that some work is always done and some to do: `-3` is the Friday before. A task is complete when 1
of it is `done`.
"""

import csv
import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from importlib.resources import files
from typing import Any


def _maybe_number(text: str) -> Decimal | None:
    return Decimal(text) if text else None


def _hours(text: str) -> dt.timedelta:
    return dt.timedelta(hours=int(text))


def _several(text: str) -> tuple[str, ...]:
    return tuple(text.split(";")) if text else ()


def _yes(text: str) -> bool:
    return text == "yes"


#: a CSV column -> how its text is read; the others stay texts
_READERS: dict[str, Callable[[str], Any]] = {
    "after": _several,
    "amount": Decimal,
    "closes": dt.time.fromisoformat,
    "day": int,
    "days": lambda text: tuple(map(int, text.split(";"))),
    "digits": int,
    "discount": _maybe_number,
    "domains": _several,
    "done": Decimal,
    "due_day": int,
    "due_in": lambda text: _hours(text) if text else None,
    "effort_hours": Decimal,
    "emails": _several,
    "hour_cost": Decimal,
    "hours": Decimal,
    "labour": Decimal,
    "lead_days": int,
    "list_price": Decimal,
    "lower": _maybe_number,
    "material": Decimal,
    "milestone": _yes,
    "min_quantity": Decimal,
    "minutes": Decimal,
    "on_hand": Decimal,
    "open": _yes,
    "opened_ago": _hours,
    "opens": dt.time.fromisoformat,
    "other": Decimal,
    "payment_days": int,
    "percent": Decimal,
    "phantom": _yes,
    "places": int,
    "price": _maybe_number,
    "priority": int,
    "public": _yes,
    "quantity": Decimal,
    "rate": Decimal,
    "scrap": Decimal,
    "sequence": int,
    "setup_minutes": Decimal,
    "share": Decimal,
    "since": dt.date.fromisoformat,
    "skills": _several,
    "start_day": lambda text: int(text) if text else None,
    "tags": _several,
    "unit_price": _maybe_number,
    "upper": _maybe_number,
    "written_ago": _hours,
}


def rows(name: str) -> list[dict[str, Any]]:
    """Return the rows of one file, such as `products`."""
    text = (files("tasks.adapters.company") / f"{name}.csv").read_text("utf-8")
    return [
        {column: _READERS.get(column, str)(value) for column, value in row.items()}
        for row in csv.DictReader(text.splitlines())
    ]
