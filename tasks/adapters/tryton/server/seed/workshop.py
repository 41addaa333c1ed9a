"""What the company makes, and how: work centres, bills of material, routings and checks.

Tryton's bills know no scrap, and take no quantity with more decimals than its unit has. So a bill
is written for as many of its product (1, 10, 100, …) as it takes for all its inputs, their scrap
included, to come out even: 3 m of rail and 5 % for 10 pieces are 31.5 m for 100. A note of the
bill says that it is thought of as one for 10, a note of the input that 5 % of it are scrap.

What else Tryton has no field for stands in notes too: when a work centre is open and how much it
does at once, the minutes of a routing's step, the stage of a check and the units of its points.
"""

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from graphlib import TopologicalSorter

from tasks.adapters.company.files import rows
from tasks.adapters.tryton.connection import Tryton
from tasks.adapters.tryton.notes import note_of
from tasks.adapters.tryton.server.seed.lookup import ids_by, the_company, units
from tasks.adapters.tryton.wire import Record, float_of

WORKSHOP = "Workshop"
#: where the company is
ZONE = "Europe/Helsinki"


def fit_out_workshop(tryton: Tryton) -> None:
    """Make the work centres, the bills of material with their routings, and the checks."""
    _place_centres(tryton)
    boms = _write_bills(tryton)
    routings = _write_routings(tryton, boms)
    products = ids_by(tryton, "product.product", "code")
    for row in rows("boms"):
        if row["product"]:
            made_by = {"bom": boms[row["code"]], "routing": routings[row["code"]]}
            number = products[row["product"]]
            tryton.write("product.product", [number], {"boms": [("create", [made_by])]})
    _write_checks(tryton, products)
    _name_waste(tryton)


def _place_centres(tryton: Tryton) -> None:
    company = the_company(tryton)
    warehouse = tryton.only("stock.location", [("code", "=", "WH")])["id"]
    centres = rows("work_centres")
    names = [{"name": row["code"]} for row in centres]
    categories = tryton.create("production.work.center.category", names)
    place: Record = {"company": company, "warehouse": warehouse, "include_timesheet_cost": True}
    (parent,) = tryton.create("production.work.center", [{"name": WORKSHOP, **place}])
    made = tryton.create(
        "production.work.center",
        [
            {
                "name": row["name"],
                "parent": parent,
                "category": category,
                "cost_price": row["hour_cost"],
                "cost_method": "hour",
                **place,
            }
            for row, category in zip(centres, categories, strict=True)
        ],
    )
    _note(tryton, "production.work.center", zip(made, map(_opening, centres), strict=True))


def _opening(centre: Record) -> Record:
    opens, closes = centre["opens"], centre["closes"]
    minutes = (closes.hour - opens.hour) * 60 + closes.minute - opens.minute
    return {
        "places": centre["places"],
        "days": centre["days"],
        "opens": f"{opens:%H:%M}",
        "hours_a_day": str(Decimal(minutes) / 60),
        "zone": ZONE,
    }


def _write_bills(tryton: Tryton) -> dict[str, int]:
    """Write the bills, kits before what they go into; return their ids by code."""
    lines: defaultdict[str, list[Record]] = defaultdict(list)
    for line in rows("bom_lines"):
        lines[line["bom"]].append(line)
    bills = {row["code"]: row for row in rows("boms")}
    kits = {code: {line["kit"] for line in lines[code]} - {""} for code in bills}
    products, by_unit = ids_by(tryton, "product.product", "code"), units(tryton)
    made: dict[str, int] = {}
    for code in TopologicalSorter(kits).static_order():
        times = even(lines[code])
        inputs = [
            {
                "product": products[line["component"]] if line["component"] else None,
                "phantom_bom": made[line["kit"]] if line["kit"] else None,
                "quantity": float_of(taken(line) * times),
                "unit": by_unit[line["unit"]],
            }
            for line in lines[code]
        ]
        bill = {
            "code": code,
            "name": bills[code]["name"],
            "inputs": [("create", inputs)],
            **_result(bills[code], times, products, by_unit),
        }
        (made[code],) = tryton.create("production.bom", [bill])
        _note_bill(tryton, made[code], bills[code], lines[code])
    return made


def _note_bill(tryton: Tryton, bill: int, row: Record, lines: list[Record]) -> None:
    inputs = tryton.search_read(
        "production.bom.input", [("bom", "=", bill)], ["bom"], order=[("id", "ASC")]
    )
    scraps = [
        (found["id"], {"scrap_percent": str(line["scrap"])})
        for found, line in zip(inputs, lines, strict=True)
        if line["scrap"]
    ]
    if scraps:
        _note(tryton, "production.bom", [(bill, {"quantity": str(row["quantity"])})])
        _note(tryton, "production.bom.input", scraps)


def _result(bill: Record, times: int, products: dict[str, int], by_unit: dict[str, int]) -> Record:
    """Return what the bill makes; a kit says how many of it, and makes nothing by itself."""
    quantity, unit = float_of(bill["quantity"] * times), by_unit[bill["unit"]]
    if bill["phantom"]:
        return {"phantom": True, "phantom_quantity": quantity, "phantom_unit": unit}
    output = {"product": products[bill["product"]], "quantity": quantity, "unit": unit}
    return {"outputs": [("create", [output])]}


def taken(line: Record) -> Decimal:
    """Return how much a line takes with its scrap, for the quantity that the bill is for."""
    quantity: Decimal = line["quantity"]
    scrap: Decimal = line["scrap"]
    return quantity * (1 + scrap / 100)


def even(lines: list[Record]) -> int:
    """Return for how many times its quantity a bill is written, for all lines to come out even."""
    digits = {row["code"]: row["digits"] for row in rows("units")}
    times = 1
    while any(taken(line) * times % Decimal(10) ** -digits[line["unit"]] for line in lines):
        times *= 10
    return times


def _write_routings(tryton: Tryton, boms: dict[str, int]) -> dict[str, int]:
    steps: defaultdict[str, list[Record]] = defaultdict(list)
    for row in rows("operations"):
        steps[row["bom"]].append(row)
    # Tryton's operation is a name and a kind of work centre, which several routings share.
    categories = ids_by(tryton, "production.work.center.category", "name")
    kinds = sorted({(row["name"], row["work_centre"]) for row in rows("operations")})
    operations = tryton.create(
        "production.routing.operation",
        [
            {
                "name": name,
                "timesheet_available": True,
                "work_center_category": categories[centre],
            }
            for name, centre in kinds
        ],
    )
    numbers = dict(zip(kinds, operations, strict=True))
    codes = sorted(steps)
    made = tryton.create(
        "production.routing",
        [
            {
                "name": code,
                "boms": [("add", [boms[code]])],
                "steps": [
                    (
                        "create",
                        [
                            {
                                "sequence": row["sequence"],
                                "operation": numbers[row["name"], row["work_centre"]],
                            }
                            for row in steps[code]
                        ],
                    )
                ],
            }
            for code in codes
        ],
    )
    routings = dict(zip(codes, made, strict=True))
    _note_minutes(tryton, {routings[code]: found for code, found in steps.items()})
    return routings


def _note_minutes(tryton: Tryton, steps: dict[int, list[Record]]) -> None:
    found = tryton.search_read("production.routing.step", [], ["routing", "sequence"])
    numbers = {(row["routing"], row["sequence"]): row["id"] for row in found}
    minutes = [
        (
            numbers[routing, row["sequence"]],
            {"setup_minutes": str(row["setup_minutes"]), "minutes": str(row["minutes"])},
        )
        for routing, rows_ in steps.items()
        for row in rows_
    ]
    _note(tryton, "production.routing.step", minutes)


def _write_checks(tryton: Tryton, products: dict[str, int]) -> None:
    points: defaultdict[str, list[Record]] = defaultdict(list)
    for row in rows("quality_checks"):
        points[row["code"]].append(row)
    company = the_company(tryton)
    made = tryton.create(
        "quality.control",
        [
            {
                "name": found[0]["name"],
                "company": company,
                "operations": ["production:do"],
                "frequency": float_of(found[0]["share"]),
                "product": products[found[0]["product"]],
                "points": [("create", [_point(row) for row in found])],
            }
            for found in points.values()
        ],
    )
    _note(tryton, "quality.control", zip(made, map(_check, points.values()), strict=True))


def _check(points: list[Record]) -> Record:
    units = {row["point"]: row["unit"] for row in points if row["unit"]}
    return {"stage": points[0]["stage"], "units": units}


def _point(row: Record) -> Record:
    point: Record = {"name": row["point"], "string": row["text"]}
    if row["kind"] == "yes_no":
        return {**point, "type_": "boolean"}
    point["string"] = f"{row['text']} in {row['unit']}"
    limits = {"tolerance_lower": row["lower"], "tolerance_upper": row["upper"]}
    return {
        **point,
        "type_": "float",
        "digits": 2,
        **{name: float_of(value) for name, value in limits.items() if value is not None},
    }


def _name_waste(tryton: Tryton) -> None:
    """Say where what comes out wrong goes."""
    lost = tryton.only("stock.location", [("type", "=", "lost_found")])["id"]
    warehouse = tryton.only("stock.location", [("code", "=", "WH")])["id"]
    tryton.write("stock.location", [warehouse], {"waste_locations": [("add", [lost])]})


def _note(tryton: Tryton, model: str, notes: Iterable[tuple[int, Record]]) -> None:
    tryton.create("ir.note", [note_of(model, record, facts) for record, facts in notes])
