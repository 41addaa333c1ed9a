"""A small shop: the tasks that tests of validation, run input and types bind to."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, NamedTuple, TypedDict

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, Strict

from orchestrator.declare import Attempt, Provided, Task, task


class Line(BaseModel):
    sku: str
    quantity: int
    price: Decimal


class Customer(BaseModel):
    name: str
    email: str | None = None


class Offer(BaseModel):
    number: str
    lines: list[Line]
    total: Decimal
    due: date
    customer: Customer | None = None

    @property
    def is_large(self) -> bool:
        return self.total > 1000


class Buyer(BaseModel):
    """Another domain's view of a customer."""

    model_config = ConfigDict(extra="forbid")
    name: str
    email: str | None = None


@dataclass
class Parcel:
    weight: float
    size: tuple[int, int]


class Label(TypedDict):
    text: str


class Point(NamedTuple):
    x: int
    y: float


def words(value: object) -> object:
    return value.split() if isinstance(value, str) else value


class Clock:
    """What the application provides."""


@task("sales.make_offer")
def make_offer(customer: str, limit: int = 5) -> Offer: ...


@task("sales.send_offer")
def send_offer(offer: Offer, to: str, attempt: Attempt, clock: Provided[Clock]) -> None: ...


@task("billing.charge_card")
def charge_card(amount: Decimal, due: date, note: str | None = None) -> int: ...


@task("billing.count_lines")
def count_lines(lines: list[Line], kind: Literal["all", "open"] = "all") -> dict[str, int]: ...


@task("billing.tag_offer")
def tag_offer(
    tags: Annotated[list[str], BeforeValidator(words)],
    share: Annotated[float, Field(ge=0, le=1)] = 0.5,
) -> Any: ...


@task("billing.book_day")
def book_day(day: Annotated[date, Strict()]) -> None: ...


@task("shipping.plan_tour")
def plan_tour(start: datetime, extra: Mapping[str, Any] | None = None) -> tuple[Parcel, Point]: ...


@task("shipping.greet_buyer")
def greet_buyer(buyer: Buyer) -> Label: ...


TASKS: dict[str, Task] = {
    function.__task__.name: function.__task__  # type: ignore[attr-defined]  # set by @task
    for function in (
        *(make_offer, send_offer, charge_card, count_lines, tag_offer),
        *(book_day, plan_tour, greet_buyer),
    )
}
