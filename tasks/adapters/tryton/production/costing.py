"""What production orders cost in Tryton, and what its books say of it.

`account_stock_continental` posts what goes from the shelf into production and what comes back: the
stock against the accounts that the category of the product names for going out and coming in. In
the words of the contract both are production, since an order does nothing else there.

What work costs, Tryton keeps in the timesheets and adds to the worth of what is made, but posts
nowhere: those lines are drawn from the timesheets, and name no account. So is what stays behind
when an order is done: all of its cost if nothing good came of it, else what is lost where the unit
cost of the goods is cut to four decimals.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal

from tasks.accounting import AccountKind, Posting, balance
from tasks.adapters.ids import number_of
from tasks.adapters.rules.production import DONE, PLANNED
from tasks.adapters.rules.valuation import cost_of
from tasks.adapters.tryton.books import Books
from tasks.adapters.tryton.ledger import Ledger
from tasks.adapters.tryton.production.labour import Labour
from tasks.adapters.tryton.production.maps import KIND, STATE_OF
from tasks.adapters.tryton.production.order_records import MODEL, OrderRecords
from tasks.adapters.tryton.wire import Record, decimal_of
from tasks.inventory.contracts import ProductionCost, WorkBooking
from tasks.values import Id, Money

_ASKED = (
    "state",
    "effective_date",
    "company.currency.code",
    "inputs.state",
    "inputs.product",
    "inputs.internal_quantity",
    "inputs.cost_price",
    "inputs.product.cost_price",
    "inputs.product.code",
    "outputs.product.code",
    "works.cycles.cost",
    "works.cycles.write_date",
)
#: the account of what Tryton posts on none
_NO_ACCOUNT = ""


class Costs:
    """A `Costing`."""

    def __init__(self, books: Books) -> None:
        self._tryton = books.tryton
        self._ledger = Ledger(books.tryton)
        self._orders = OrderRecords(books)
        self._labour = Labour(books, self._orders)

    def of(self, order: Id) -> ProductionCost:
        """Return the cost of a production order as it is now, in whole cents."""
        row = self._row(order)
        currency = row["company."]["currency."]["code"]
        work = [booking.cost.amount for booking in self._labour.of(order)]
        labour = sum((*work, *(_cycles(row).values())), Decimal("0.00"))
        is_planned = STATE_OF[row["state"]] in PLANNED
        material = _planned(row["inputs."]) if is_planned else _consumed(row["inputs."])
        return ProductionCost(
            order=order,
            material=Money.of(material, currency),
            labour=Money.of(labour, currency),
            total=Money.of(material + labour, currency),
        )

    def postings(self, order: Id) -> list[Posting]:
        """Return what a production order did to the accounts, in the order it happened."""
        row = self._row(order)
        taken = self._posted(order, row["inputs."])
        worked = [line for booking in self._labour.of(order) for line in _worked(booking)]
        currency = row["company."]["currency."]["code"]
        worked += [
            line
            for on, cost in _cycles(row).items()
            for line in _taken_up(Money.of(cost, currency), on, order, "cycles of the work centres")
        ]
        brought = self._posted(order, row["outputs."])
        lines = [*taken, *worked, *brought]
        if STATE_OF[row["state"]] == DONE:
            lines += _left(lines, order, row)
        return lines

    def _row(self, order: Id) -> Record:
        found = self._tryton.search_read(MODEL, [("id", "=", number_of(KIND, order))], _ASKED)
        if not found:
            self._orders.get(order)
        return found[0]

    def _posted(self, order: Id, moves: Iterable[Record]) -> list[Posting]:
        codes = {f"stock.move,{move['id']}": move["product."]["code"] or "" for move in moves}

        def text(line: Record) -> str:
            return codes[line["move."]["origin"]]

        posted = self._ledger.postings(order, list(codes), text)
        return [
            line
            if line.kind == AccountKind.STOCK
            else line.model_copy(update={"kind": AccountKind.PRODUCTION})
            for line in posted
        ]


def _planned(moves: Iterable[Record]) -> Decimal:
    """Return what materials would cost today, each rounded once."""
    amounts: defaultdict[int, Decimal] = defaultdict(Decimal)
    unit_costs: dict[int, Decimal] = {}
    for move in moves:
        amounts[move["product"]] += decimal_of(move["internal_quantity"])
        unit_costs[move["product"]] = move["product."]["cost_price"] or Decimal(0)
    costs = (cost_of(amount, unit_costs[product]) for product, amount in amounts.items())
    return sum(costs, Decimal("0.00"))


def _consumed(moves: Iterable[Record]) -> Decimal:
    """Return what materials cost that are consumed, as the books have it: each move is rounded."""
    done = (move for move in moves if move["state"] == "done")
    costs = (cost_of(decimal_of(move["internal_quantity"]), move["cost_price"]) for move in done)
    return sum(costs, Decimal("0.00"))


def _cycles(row: Record) -> dict[dt.date, Decimal]:
    """Return what the work centres cost by themselves, by the day; ours take no time."""
    costs: defaultdict[dt.date, Decimal] = defaultdict(Decimal)
    for cycle in (cycle for work in row["works."] for cycle in work["cycles."]):
        if cycle["cost"]:
            costs[cycle["write_date"].date()] += Money.of(cycle["cost"]).rounded().amount
    return dict(costs)


def _worked(booking: WorkBooking) -> Sequence[Posting]:
    text = "work, as the timesheets have it"
    return _taken_up(booking.cost, booking.on, booking.order, text)


def _taken_up(cost: Money, on: dt.date, order: Id, text: str) -> Sequence[Posting]:
    nothing = cost - cost
    common = {"date": on, "account": _NO_ACCOUNT, "text": text, "document": order}
    return (
        Posting(kind=AccountKind.PRODUCTION, debit=cost, credit=nothing, **common),
        Posting(kind=AccountKind.LABOUR, debit=nothing, credit=cost, **common),
    )


def _left(lines: Sequence[Posting], order: Id, row: Record) -> Sequence[Posting]:
    """Return the lines that write off what a done order left on the production accounts."""
    currency = row["company."]["currency."]["code"]
    left = balance(lines, AccountKind.PRODUCTION, currency)
    if not left.amount:
        return ()
    nothing = left - left
    sides = (left, nothing) if left.amount > 0 else (nothing, nothing - left)
    common = {
        "date": row["effective_date"],
        "account": _NO_ACCOUNT,
        "text": "written off",
        "document": order,
    }
    debit, credit = sides
    return (
        Posting(kind=AccountKind.OTHER, debit=debit, credit=credit, **common),
        Posting(kind=AccountKind.PRODUCTION, debit=credit, credit=debit, **common),
    )
