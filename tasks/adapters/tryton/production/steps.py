"""The steps of routings in Tryton: the minutes they take, and where they are done."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tasks.adapters.tryton.connection import Tryton
from tasks.adapters.tryton.notes import Notes
from tasks.values import CENT


@dataclass(frozen=True)
class Minutes:
    """What a step takes: once an order, and for each that is made."""

    setup: Decimal
    each: Decimal

    def hours_for(self, quantity: Decimal) -> Decimal:
        """Return the hours that so many take, to the hundredth."""
        return ((self.setup + self.each * quantity) / 60).quantize(CENT)


#: of a step whose note nobody wrote
_UNKNOWN = Minutes(Decimal(0), Decimal(0))


def minutes_of(tryton: Tryton, steps: Iterable[int]) -> dict[int, Minutes]:
    """Return the minutes of steps, as their notes say them."""
    wanted = list(steps)
    said = Notes(tryton, "production.routing.step").latest(wanted)
    return {step: _minutes(said[step]) if step in said else _UNKNOWN for step in wanted}


def centres_of(tryton: Tryton, categories: Iterable[int | None]) -> dict[int | None, int]:
    """Return the work centre of each category; the first, where several have it.

    What has no category is done at the workshop itself: the centre that has no other above it.
    """
    wanted = [one for one in set(categories) if one is not None]
    found = tryton.search_read(
        "production.work.center",
        ["OR", ("category", "in", wanted), ("parent", "=", None)],
        ["category", "parent"],
        order=[("id", "DESC")],
    )
    return {row["category"] if row["parent"] else None: row["id"] for row in found}


def _minutes(said: Mapping[str, Any]) -> Minutes:
    return Minutes(Decimal(said.get("setup_minutes", 0)), Decimal(said.get("minutes", 0)))
