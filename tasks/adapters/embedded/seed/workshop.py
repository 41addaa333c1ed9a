"""Fills a new ERP with the sample company's workshop: what it makes and buys, how and for what."""

import datetime as dt
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, insert

from tasks.adapters.company.files import rows
from tasks.adapters.embedded.production import workshop_tables
from tasks.adapters.embedded.sales import tables
from tasks.adapters.embedded.sql.codes import numbers_by_code

#: where the sample company is
ZONE = "Europe/Helsinki"


def load_workshop(connection: Connection) -> None:
    """Load it; products and people are there."""
    products = numbers_by_code(connection, tables.products)
    _load_work_centres(connection)
    _load_boms(connection, products)
    _load_checks(connection, products)
    _load_suppliers(connection, products)
    _load_labour_rates(connection)


def _load_work_centres(connection: Connection) -> None:
    centres = [
        {
            "code": row["code"],
            "name": row["name"],
            "hours_a_day": _hours_between(row["opens"], row["closes"]),
            "places": row["places"],
            "days": ";".join(map(str, row["days"])),
            "opens": row["opens"],
            "zone": ZONE,
        }
        for row in rows("work_centres")
    ]
    connection.execute(insert(workshop_tables.work_centres), centres)


def _hours_between(opens: dt.time, closes: dt.time) -> Decimal:
    minutes = (closes.hour - opens.hour) * 60 + closes.minute - opens.minute
    return Decimal(minutes) / 60


def _load_boms(connection: Connection, products: dict[str, int]) -> None:
    boms = [
        {
            "code": row["code"],
            "name": row["name"],
            "product_id": None if row["phantom"] else products[row["product"]],
            "quantity": row["quantity"],
            "unit": row["unit"],
        }
        for row in rows("boms")
    ]
    connection.execute(insert(workshop_tables.boms), boms)
    numbers = numbers_by_code(connection, workshop_tables.boms)
    lines = [
        {
            "bom_id": numbers[row["bom"]],
            "position": position,
            "product_id": products[row["component"]] if row["component"] else None,
            "kit_id": numbers[row["kit"]] if row["kit"] else None,
            "quantity": row["quantity"],
            "unit": row["unit"],
            "scrap_percent": row["scrap"],
        }
        for position, row in enumerate(rows("bom_lines"), start=1)
    ]
    connection.execute(insert(workshop_tables.bom_lines), lines)
    _load_operations(connection, numbers)


def _load_operations(connection: Connection, boms: dict[str, int]) -> None:
    centres = numbers_by_code(connection, workshop_tables.work_centres)
    operations = [
        {
            "bom_id": boms[row["bom"]],
            "sequence": row["sequence"],
            "name": row["name"],
            "work_centre_id": centres[row["work_centre"]],
            "setup_minutes": row["setup_minutes"],
            "minutes": row["minutes"],
        }
        for row in rows("operations")
    ]
    connection.execute(insert(workshop_tables.bom_operations), operations)


def _load_checks(connection: Connection, products: dict[str, int]) -> None:
    plans = [list(points) for _, points in groupby(rows("quality_checks"), itemgetter("code"))]
    connection.execute(
        insert(workshop_tables.check_plans), [_plan(plan[0], products) for plan in plans]
    )
    numbers = numbers_by_code(connection, workshop_tables.check_plans)
    points = [
        {
            "plan_id": numbers[row["code"]],
            "position": position,
            "name": row["point"],
            "unit": row["unit"],
            "low": row["lower"],
            "high": row["upper"],
        }
        for plan in plans
        for position, row in enumerate(plan, start=1)
    ]
    connection.execute(insert(workshop_tables.check_points), points)


def _plan(row: dict[str, Any], products: dict[str, int]) -> dict[str, Any]:
    return {
        "code": row["code"],
        "name": row["name"],
        "product_id": products[row["product"]],
        "stage": row["stage"],
    }


def _load_suppliers(connection: Connection, products: dict[str, int]) -> None:
    known = [{"code": row["code"], "name": row["name"]} for row in rows("suppliers")]
    connection.execute(insert(workshop_tables.suppliers), known)
    numbers = numbers_by_code(connection, workshop_tables.suppliers)
    prices = [
        {
            "supplier_id": numbers[row["supplier"]],
            "product_id": products[row["product"]],
            "min_quantity": row["min_quantity"],
            "unit_price": row["unit_price"],
        }
        for row in rows("supplier_prices")
    ]
    connection.execute(insert(workshop_tables.supplier_prices), prices)


def _load_labour_rates(connection: Connection) -> None:
    people = numbers_by_code(connection, tables.people)
    rates = [
        {
            "person_id": people[row["person"]],
            "since": row["since"],
            "hour_cost": row["hour_cost"],
        }
        for row in rows("labour_rates")
    ]
    connection.execute(insert(workshop_tables.labour_rates), rates)
