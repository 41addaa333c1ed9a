"""Whether what a production order cost is what the ledger says: to the cent, or the difference."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Literal

from tasks.accounting import AccountKind, balance, is_balanced
from tasks.shop_floor import BookedLabour, OrderCosts
from tasks.values import CENT, Money

#: the finest that the cost of one can be, as Tryton has it
_PRICE_STEP = Decimal("0.0001")


def cost_of_goods(costs: OrderCosts) -> Money:
    """Return at what the ledger holds what an order made: what it put from production to stock.

    It is what the ledger will say those goods cost when they are sold.
    """
    return _posted(costs, AccountKind.STOCK, "debit")


def differences(costs: OrderCosts, booked: Sequence[BookedLabour] = ()) -> list[str]:
    """Return where cost and ledger differ, each a sentence with both amounts.

    While an order is at work only the books as such can be wrong: what is posted when differs
    from ERP to ERP. Once it is done everything is posted, and must agree.
    """
    found = [
        f"the hours {one.key!r} are booked at {one.booked}, and cost {one.priced} at the day's rate"
        for one in booked
        if one.booked != one.priced
    ]
    if not is_balanced(costs.postings):
        found.append("debit and credit of its postings differ")
    if not costs.done:
        return found
    currency = costs.total.currency
    labour = balance(costs.postings, AccountKind.LABOUR, currency) * -1
    written_off = balance(costs.postings, AccountKind.OTHER, currency)
    in_production = balance(costs.postings, AccountKind.PRODUCTION, currency)
    found += [
        f"{what} is {cost} by its cost and {posted} by its postings, {cost - posted} more"
        for what, cost, posted in (
            ("the material", costs.material, _posted(costs, AccountKind.STOCK, "credit")),
            ("the labour", costs.labour, labour),
            ("the cost of goods", costs.total, cost_of_goods(costs) + written_off),
            ("what is still in production", Money.of(0, currency), in_production),
        )
        if cost != posted
    ]
    if costs.good and abs(written_off.amount) > _most_by_rounding(costs):
        found.append(f"{written_off} of its cost went to no goods, more than rounding takes")
    return found


def _most_by_rounding(costs: OrderCosts) -> Decimal:
    """Return what rounding can leave behind: the cost of one to its step, each line to cents."""
    return costs.good * _PRICE_STEP / 2 + (len(costs.postings) + 1) * CENT / 2


def _posted(costs: OrderCosts, kind: AccountKind, side: Literal["debit", "credit"]) -> Money:
    total = Money.of(0, costs.total.currency)
    for posting in costs.postings:
        if posting.kind is kind:
            total = total + (posting.debit if side == "debit" else posting.credit)
    return total
