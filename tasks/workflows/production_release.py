"""A production order, from the plan to the shelf.

    wanted
    create_order ─▶ release_order ─┬─▶ reserve ─▶ shortage ─▶ goods_received ─▶ parts ─▶ (rest)
                                   ├─▶ place_operations
                                   └─▶ open_checks
    all of them ─▶ start ─▶ checks_during ─▶ work ─▶ labour ─▶ checks_after ─▶ finish ─▶ costs

What the stock lacks is held against it level by level: bought parts are requested, and made ones
are production orders of their own, in waves, since a part may take parts. A part order is the
same flow, but that it makes no parts itself: the waves before it have.

Until the shop floor reports the work done, whatever ends the run undoes all of it: the operations
are taken off the plan, checks withdrawn, materials given back, requests and the order cancelled.
From then on the order stands, since nobody can take back what was worked; and so does what was
bought and has come, and the parts that are done: they are on the shelf, and anybody's.
"""

from orchestrator import Retry, Step, Workflow
from tasks.workflows.bom_reconciliation import BOM_STOCK_RECONCILIATION
from tasks.workflows.erp_access import ERP, ERP_RETRY, asks_erp, undone_by
from tasks.workflows.production_costing import PRODUCTION_COSTING
from tasks.workflows.quality_gates import QUALITY_GATE
from tasks.workflows.shop_floor_plan import SHOP_FLOOR_PLAN, places

#: The signals of the shop floor: what was bought is here; all work is done, with the hours.
GOODS_RECEIVED = "goods_received"
WORK_DONE = "work_done"

#: Goods that came in may be another order's by now: then it is looked again, for about a week.
UNTIL_IT_IS_THERE = Retry(
    max_attempts=200,
    backoff=2.0,
    max_backoff=3600.0,
    on=(*ERP_RETRY.on, "MaterialsMissing"),
)


def _created(wanted: str, start: str | None = None) -> tuple[Step, ...]:
    """Return the steps that make the order known to stock, shop floor and quality.

    Args:
        wanted: a reference to the product and how much of it.
        start: a reference to the day before which it does not begin.
    """
    asked = {
        "key": "$input.key",
        "product": f"{wanted}.product",
        "quantity": f"{wanted}.quantity",
        "due": "$input.due",
    }
    order = "$create_order.id"
    released = "$release_order.id"
    return (
        asks_erp(
            "create_order",
            "inventory.create_production_order",
            inputs=asked | ({"start": start} if start else {}),
            compensate=undone_by("inventory.cancel_production_order", order=order),
        ),
        asks_erp("release_order", "inventory.release_production_order", inputs={"order": order}),
        asks_erp(
            "reserve",
            "inventory.reserve_materials",
            inputs={"order": released},
            compensate=undone_by("inventory.unreserve_materials", order=order),
        ),
        places(
            "place_operations",
            order=released,
            inputs={"earliest": start} if start else {},
            compensate=undone_by("scheduling.unplace_operations", order=order),
        ),
        asks_erp(
            "open_checks",
            "inventory.open_checks",
            inputs={"order": released},
            compensate=undone_by("inventory.withdraw_checks", order=order),
        ),
    )


def _supplied(due: str, policy: str, *parts: Step) -> tuple[Step, ...]:
    """Return the steps that have bought, and made, what the stock lacks."""
    order = "$create_order.id"
    return (
        Step.model_validate(
            {
                "name": "shortage",
                "workflow": BOM_STOCK_RECONCILIATION.name,
                "inputs": {
                    "key": "$input.key",
                    "due": due,
                    "make": [],
                    "missing": "$reserve.missing",
                    "policy": policy,
                    "origin": order,
                },
                "when": "reserve.missing",
                "compensate": undone_by(
                    "inventory.cancel_purchases", requests="$shortage.requests"
                ),
            }
        ),
        Step.model_validate(
            {
                "name": "goods_received",
                "inputs": {
                    "order": order,
                    "number": "$create_order.number",
                    "requests": "$shortage.requests",
                },
                "when": "shortage.requests",
                "wait_for": {
                    "signal": GOODS_RECEIVED,
                    "deadline": "90 days",
                    "escalate": [{"after": "14 days", "priority": "high"}],
                },
            }
        ),
        asks_erp(
            "receive",
            "inventory.receive_purchase",
            inputs={"request": "$item"},
            map={"over": "$shortage.requests", "limit": 4},
            after=["goods_received"],
            when="shortage.requests",
        ),
        *parts,
        asks_erp(
            "reserve_rest",
            "inventory.complete_reservation",
            inputs={"order": order},
            after=["receive", *(step.name for step in parts)],
            when="reserve.missing",
            retry=UNTIL_IT_IS_THERE,
        ),
    )


def _made() -> tuple[Step, ...]:
    """Return the steps on the shop floor, between its gates."""
    order = "$create_order.id"
    return (
        asks_erp(
            "start",
            "inventory.start_production",
            inputs={"order": order},
            after=["reserve", "reserve_rest", "place_operations", "open_checks"],
        ),
        _gates("checks_during", over="$open_checks.during", after=["start"]),
        Step.model_validate(
            {
                "name": "work",
                "inputs": {
                    "order": order,
                    "number": "$create_order.number",
                    "key": "$create_order.key",
                },
                "after": ["checks_during"],
                "wait_for": {"signal": WORK_DONE, "answer": {"labour": "list"}},
                "irrevocable": True,
            }
        ),
        Step(
            name="labour",
            workflow=PRODUCTION_COSTING.name,
            inputs={"order": order, "labour": "$work.labour"},
        ),
        _gates("checks_after", over="$open_checks.after", after=["labour"]),
        asks_erp(
            "finish",
            "inventory.finish_production",
            inputs={"order": order},
            after=["checks_after"],
            irrevocable=True,
        ),
        Step(
            name="costs",
            workflow=PRODUCTION_COSTING.name,
            inputs={"order": "$finish.id", "labour": []},
        ),
    )


def _gates(name: str, *, over: str, after: list[str]) -> Step:
    return Step.model_validate(
        {
            "name": name,
            "workflow": QUALITY_GATE.name,
            "inputs": {"gate": "$item"},
            "map": over,
            "after": after,
        }
    )


_RESULT = {"order": "$finish", "plan": "$place_operations", "costs": "$costs"}

PRODUCTION_PART_ORDER = Workflow(
    name="production_part_order",
    description="Make parts for another order; what they lack themselves is bought.",
    result=_RESULT,
    resources=(ERP, SHOP_FLOOR_PLAN),
    steps=(*_created("$input"), *_supplied("$input.due", "buy"), *_made()),
)

PRODUCTION_PARTS_WAVE = Workflow(
    name="production_parts_wave",
    description="Make parts beside each other, none of which goes into another.",
    result="$orders",
    steps=(
        Step.model_validate(
            {
                "name": "orders",
                "workflow": PRODUCTION_PART_ORDER.name,
                "inputs": {name: f"$item.{name}" for name in ("key", "product", "quantity", "due")},
                "map": "$input.orders",
            }
        ),
    ),
)

_PARTS = Step.model_validate(
    {
        "name": "parts",
        "workflow": PRODUCTION_PARTS_WAVE.name,
        "inputs": {"orders": "$item"},
        "map": {"over": "$shortage.waves", "limit": 1},
        "after": ["receive"],
    }
)

PRODUCTION_ORDER_RELEASE = Workflow(
    name="production_order_release",
    description="Make so many of a product: materials, times, checks, work, goods and their cost.",
    result=_RESULT,
    resources=(ERP, SHOP_FLOOR_PLAN),
    steps=(
        asks_erp(
            "wanted",
            "inventory.find_wanted",
            inputs={"product": "$input.product", "quantity": "$input.quantity"},
        ),
        *_created("$wanted", "$input.start"),
        *_supplied("$input.start", "$input.policy", _PARTS),
        *_made(),
    ),
)
