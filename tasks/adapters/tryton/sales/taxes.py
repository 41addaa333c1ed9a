"""What the taxes of a line come to."""

from collections.abc import Iterable
from decimal import Decimal

from tasks.adapters.tryton.connection import Tryton
from tasks.adapters.tryton.wire import Record


def taxes_of(line: Record) -> list[int]:
    """Return the taxes of a line that `sale_forms` made."""
    return [number for _, numbers in line.get("taxes") or () for number in numbers]


def rates(tryton: Tryton, taxes: Iterable[int]) -> dict[int, Decimal]:
    """Return what share taxes take, by their ids; one of a fixed amount takes none."""
    condition = [("id", "in", sorted(set(taxes)))]
    found = tryton.search_read("account.tax", condition, ["rate"])
    return {row["id"]: row["rate"] or Decimal(0) for row in found}


def percent(shares: Iterable[Decimal | None]) -> Decimal:
    """Return what all taxes of a line take of it, in percent."""
    return percent_of(sum((share or Decimal(0) for share in shares), Decimal(0)))


def percent_of(rate: Decimal) -> Decimal:
    """Return a rate in percent; Tryton has it as a part of one."""
    percent = (rate * 100).normalize()
    return percent.quantize(Decimal(1)) if percent == percent.to_integral_value() else percent
