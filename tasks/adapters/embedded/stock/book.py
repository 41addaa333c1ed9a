"""The shelf and its books: put goods aside, take them, receive others.

Everything happens in the caller's transaction, so deliveries and production orders move goods
together with their own state. The caller holds the lock of its document; here the products are
locked, in the order of their numbers, until the transaction ends.

    reserve ──▶ take ──▶ give_back          receive
       └──▶ release

Only what a document has put aside can be taken, and only what is on hand and nobody's can be put
aside: nothing is promised twice, and no shelf falls below zero.

Every movement is posted: the stock account stands against the account that the occasion names,
and it is always the sum of what the shelves are worth. What a movement loses or gains by rounding
(see `valuation`) is posted too, under the product itself: the document's postings stay plain.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from tasks.adapters.embedded.invoicing import journal
from tasks.adapters.embedded.invoicing.journal import Account, Line
from tasks.adapters.embedded.sales.tables import products
from tasks.adapters.embedded.stock.tables import reservations, stock_moves
from tasks.adapters.ids import id_of
from tasks.adapters.rules.valuation import Shelf, cost_of, drift
from tasks.values import Id


@dataclass(frozen=True)
class Occasion:
    """Why goods move: which document moves them, and what stands against the stock account."""

    document: Id
    purpose: str  #: once a document, such as `shipped`
    against: Account
    on: dt.date


@dataclass(frozen=True)
class Aside:
    """What a document has put aside, and what it still lacks, by product number."""

    reserved: dict[int, Decimal]
    missing: dict[int, Decimal]


@dataclass(frozen=True)
class Goods:
    """So much of a product, and what it cost."""

    product: int
    amount: Decimal
    unit_cost: Decimal  #: up to four decimals
    cost: Decimal  #: of all, in cents: what is posted

    @classmethod
    def at(cls, product: int, amount: Decimal, unit_cost: Decimal) -> "Goods":
        """Return goods that together cost what each of them does."""
        return cls(product, amount, unit_cost, cost_of(amount, unit_cost))


def reserve(connection: Connection, document: Id, wanted: Mapping[int, Decimal]) -> Aside:
    """Put aside what is on the shelf and nobody's.

    Args:
        wanted: how much the document needs in all, by product number; what it has put aside
            already counts, and stays.
    """
    places = _locked(connection, wanted)
    promised = _promised_to_others(connection, document, wanted)
    held = reserved(connection, document)
    for number, amount in wanted.items():
        before = held.get(number, Decimal(0))
        free = places[number].shelf.on_hand - promised[number]
        if (now := max(before, min(amount, free))) != before:
            _hold(connection, document, number, now)
            held[number] = now
    lacking = {number: amount - held.get(number, 0) for number, amount in wanted.items()}
    return Aside(
        reserved=held, missing={number: amount for number, amount in lacking.items() if amount > 0}
    )


def reserved(connection: Connection, document: Id) -> dict[int, Decimal]:
    """Return what a document has put aside, by product number."""
    row = reservations.c
    query = select(row.product_id, row.amount).where(row.document == document)
    rows = connection.execute(query.order_by(row.product_id))
    return {row.product_id: row.amount for row in rows}


def release(connection: Connection, document: Id) -> None:
    """Put back what a document has put aside; nothing is no error."""
    connection.execute(delete(reservations).where(reservations.c.document == document))


def take(
    connection: Connection, occasion: Occasion, lines: Iterable[tuple[int, Decimal]] = ()
) -> list[Goods]:
    """Take all that the document has put aside off the shelf, and post what it cost.

    Args:
        connection: the caller's.
        occasion: why they go.
        lines: a product's number and an amount, where one product is on several lines: each line
            is rounded to cents by itself, as Tryton posts each by itself.

    Raises:
        Conflict: something was taken on this occasion before.
    """
    aside = reserved(connection, occasion.document)
    places = _locked(connection, aside)
    release(connection, occasion.document)
    parts = list(lines) or list(aside.items())
    costs: defaultdict[int, Decimal] = defaultdict(Decimal)
    for number, amount in parts:
        costs[number] += cost_of(amount, places[number].shelf.unit_cost)
    gone = [Goods(n, aside[n], place.shelf.unit_cost, costs[n]) for n, place in places.items()]
    moves = ((places[goods.product], goods) for goods in gone)
    _move(connection, occasion, [(p, p.shelf.minus(goods.amount), goods) for p, goods in moves])
    return gone


def taken(connection: Connection, document: Id, purpose: str) -> list[Goods]:
    """Return what `take` took for a purpose, at the cost it had then."""
    row = stock_moves.c
    query = (
        select(row.product_id, row.amount, row.unit_cost)
        .where(row.document == document, row.purpose == purpose)
        .order_by(row.product_id)
    )
    return [Goods.at(number, -amount, cost) for number, amount, cost in connection.execute(query)]


def receive(connection: Connection, occasion: Occasion, arrived: Sequence[Goods]) -> None:
    """Put goods on the shelf, average their unit cost into it, and post their cost.

    Args:
        arrived: each product once.

    Raises:
        Conflict: one of them was received on this occasion before.
    """
    places = _locked(connection, [goods.product for goods in arrived])
    moves = ((places[goods.product], goods) for goods in arrived)
    _move(
        connection,
        occasion,
        [(p, p.shelf.plus(goods.amount, goods.unit_cost), goods) for p, goods in moves],
    )


def give_back(connection: Connection, occasion: Occasion, back: Sequence[Goods]) -> None:
    """Put back on the shelf what was taken from it, and post what it cost then.

    The unit cost of the shelf stays, as in Tryton: the goods are what they were.

    Raises:
        Conflict: one of them was given back on this occasion before.
    """
    places = _locked(connection, [goods.product for goods in back])
    moves = ((places[goods.product], goods) for goods in back)
    _move(connection, occasion, [(p, p.shelf.back(goods.amount), goods) for p, goods in moves])


def worth(connection: Connection, numbers: Iterable[int]) -> dict[int, Decimal]:
    """Return what the shelves of these products are worth, by product number."""
    row = products.c
    query = select(row.id, row.on_hand, row.unit_cost).where(row.id.in_(numbers))
    return {number: cost_of(amount, cost) for number, amount, cost in connection.execute(query)}


@dataclass(frozen=True)
class _Place:
    """A product's row, locked."""

    code: str
    shelf: Shelf


def _locked(connection: Connection, numbers: Iterable[int]) -> dict[int, _Place]:
    row = products.c
    query = (
        select(row.id, row.code, row.on_hand, row.unit_cost)
        .where(row.id.in_(numbers))
        .order_by(row.id)
        # NO KEY UPDATE: an offer may name the product meanwhile. On SQLite BEGIN IMMEDIATE locks.
        .with_for_update(key_share=True)
    )
    return {
        number: _Place(code, Shelf(on_hand, unit_cost))
        for number, code, on_hand, unit_cost in connection.execute(query)
    }


def _promised_to_others(
    connection: Connection, document: Id, numbers: Iterable[int]
) -> dict[int, Decimal]:
    row = reservations.c
    query = select(row.product_id, row.amount).where(
        row.product_id.in_(numbers), row.document != document
    )
    sums: defaultdict[int, Decimal] = defaultdict(Decimal)
    # Added up here: SQLite keeps an amount as text, and SUM would make it a float.
    for number, amount in connection.execute(query):
        sums[number] += amount
    return sums


def _hold(connection: Connection, document: Id, product: int, amount: Decimal) -> None:
    row = reservations.c
    mine = (row.document == document) & (row.product_id == product)
    connection.execute(delete(reservations).where(mine))
    columns = {"document": document, "product_id": product, "amount": amount}
    connection.execute(insert(reservations).values(columns))


def _move(
    connection: Connection, occasion: Occasion, moves: Sequence[tuple[_Place, Shelf, Goods]]
) -> None:
    """Change shelves, and write down and post what came or went."""
    if not moves:
        return
    signed = [
        (1 if after.on_hand > place.shelf.on_hand else -1, place, after, goods)
        for place, after, goods in moves
    ]
    _write(connection, occasion, [(sign, after, goods) for sign, _, after, goods in signed])
    lines = []
    for sign, place, after, goods in signed:
        booked = sign * goods.cost
        lines += [
            Line(Account.STOCK, booked, place.code),
            Line(occasion.against, -booked, place.code),
        ]
        _write_off(connection, occasion, goods.product, drift(place.shelf, after, booked))
    journal.post(connection, occasion.document, occasion.purpose, lines, on=occasion.on)


def _write(
    connection: Connection, occasion: Occasion, moves: Sequence[tuple[int, Shelf, Goods]]
) -> None:
    # Many rows in two statements: the opening stock has hundreds, and others wait for it.
    shelves = [
        {"product": goods.product, "on_hand": after.on_hand, "unit_cost": after.unit_cost}
        for _, after, goods in moves
    ]
    connection.execute(update(products).where(products.c.id == bindparam("product")), shelves)
    why = {"date": occasion.on, "document": occasion.document, "purpose": occasion.purpose}
    rows = [
        {
            **why,
            "product_id": goods.product,
            "amount": sign * goods.amount,
            "unit_cost": goods.unit_cost,
        }
        for sign, _, goods in moves
    ]
    connection.execute(insert(stock_moves), rows)


def _write_off(connection: Connection, occasion: Occasion, product: int, amount: Decimal) -> None:
    why = f"rounding, {occasion.document} {occasion.purpose}"
    lines = [Line(Account.STOCK, amount, why), Line(Account.ROUNDING, -amount, why)]
    journal.post(connection, id_of("product", product), why, lines, on=occasion.on)
