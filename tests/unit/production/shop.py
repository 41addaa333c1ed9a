"""A workshop that makes panels of starters and rails, and checks both."""

import datetime as dt
from decimal import Decimal

from orchestrator import Attempt
from tasks.inventory.contracts import BillOperation, CheckPlan, CheckPoint, CheckStage
from tasks.scheduling.contracts import WorkCentre
from tasks.values import Money, Person
from tests.fakes import FakePeople
from tests.fakes.workshop import FakeWorkshop
from tests.unit.production.recipes import line, product, quantity

TODAY = dt.date(2026, 11, 23)
PEOPLE = FakePeople(
    [Person(id=name, name=name, email=f"{name}@works.example") for name in ("ann", "bo")]
)
DUE = dt.date(2026, 12, 4)
WEEKDAYS = {"hours_a_day": Decimal(8), "opens": dt.time(7)}

EARTH = CheckPlan(
    id="plan:earth",
    name="Earth",
    stage=CheckStage.AFTER,
    points=(
        CheckPoint(name="ohm", unit="Ω", high=Decimal("0.1")),
        CheckPoint(name="function"),
    ),
)
TORQUE = CheckPlan(
    id="plan:torque",
    name="Torque",
    stage=CheckStage.DURING,
    points=(CheckPoint(name="torque", low=Decimal("1.2"), high=Decimal("1.8")),),
)


def workshop(**stock: str) -> FakeWorkshop:
    lines = {
        "panel": [line("starter", "2"), line("rail", "2"), line("box")],
        "starter": [line("rail"), line("relay")],
        "rail": [line("bar", "0.3 m")],
    }
    names = {"panel", "starter", "rail", "box", "relay", "bar"}
    return FakeWorkshop(
        [product(name, "m" if name == "bar" else "pcs") for name in sorted(names)],
        lines,
        stock={name: Decimal(amount) for name, amount in stock.items()},
        work={
            "panel": [
                BillOperation(name="mount", work_centre="assy", hours=Decimal(1)),
                BillOperation(name="wire", work_centre="wire", hours=Decimal(3)),
            ],
            "starter": [BillOperation(name="wire", work_centre="wire", hours=Decimal("0.5"))],
            "rail": [BillOperation(name="cut", work_centre="cut", hours=Decimal("0.1"))],
        },
        centres=[
            WorkCentre(id=name, name=name, places=places, **WEEKDAYS)
            for name, places in (("assy", 2), ("wire", 1), ("cut", 1))
        ],
        checks={"panel": [EARTH, TORQUE], "starter": [TORQUE]},
        rates={"ann": Money.of("33.00"), "bo": Money.of("31.50")},
    )


def full_workshop() -> FakeWorkshop:
    return workshop(starter="10", rail="10", box="10")


def attempt(step: str = "step", number: int = 1) -> Attempt:
    return Attempt(run_id="run", step=step, number=number)


def order(shop: FakeWorkshop, name: str = "panel", amount: str = "1", *, key: str = "k"):
    return shop.orders.create(key, name, quantity(amount), due=DUE)


def running(shop: FakeWorkshop, amount: str = "1", *, key: str = "k"):
    made = order(shop, amount=amount, key=key)
    shop.orders.release(made.id)
    shop.orders.reserve(made.id)
    return shop.orders.start(made.id)
