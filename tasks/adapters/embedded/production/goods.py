"""What production orders take from the shelves and bring there, and what that is worth.

    start     production is debited with what the materials cost, stock is credited
    finish    stock is debited with all that the order cost, production is credited
    cancel    what start took comes back, at what it cost

So an order that is done or cancelled leaves nothing on the production account. All of its cost lies
on the good ones. If there are none, it is written off as scrap.
"""

import datetime as dt
from decimal import ROUND_HALF_EVEN, Decimal

from sqlalchemy import Connection, insert, update

from tasks.adapters.embedded.invoicing import journal
from tasks.adapters.embedded.invoicing.journal import Account, Line
from tasks.adapters.embedded.production import work as production_work
from tasks.adapters.embedded.production.costing import consumed, worked
from tasks.adapters.embedded.production.labour_rates import rate_of
from tasks.adapters.embedded.production.recipes import planned_materials
from tasks.adapters.embedded.production.records import KIND, material_rows
from tasks.adapters.embedded.production.tables import production_materials
from tasks.adapters.embedded.stock import book as stock_book
from tasks.adapters.embedded.stock.book import Goods, Occasion
from tasks.adapters.embedded.stock.reserving import reservation
from tasks.adapters.ids import id_of, number_of
from tasks.adapters.rules.recipes import Recipe
from tasks.adapters.rules.valuation import UNIT_COST_STEP
from tasks.inventory.contracts import ProductionOrder, Reservation
from tasks.values import Id

_STARTED = "started"


def plan(connection: Connection, order: int, recipe: Recipe, quantity: Decimal) -> None:
    """Write down what an order will take."""
    nothing = {"consumed": Decimal(0), "cost": Decimal("0.00")}
    rows = [
        {"order_id": order, "product_id": product, "planned": planned, **nothing}
        for product, planned in planned_materials(connection, recipe, quantity).items()
    ]
    connection.execute(insert(production_materials), rows)


def reserve(connection: Connection, order: int) -> Reservation:
    """Put aside what is on the shelf of what an order takes."""
    document = id_of(KIND, order)
    wanted = {row.product_id: row.planned for row in material_rows(connection, order)}
    return reservation(connection, document, stock_book.reserve(connection, document, wanted))


def release(connection: Connection, order: Id) -> None:
    """Give back what an order has put aside."""
    stock_book.release(connection, order)


def consume(connection: Connection, order: int, *, on: dt.date) -> None:
    """Take what an order has put aside off the shelf."""
    for goods in stock_book.take(connection, _occasion(order, _STARTED, on)):
        _write_consumed(connection, order, goods.product, goods.amount, goods.cost)


def give_back(connection: Connection, order: int, *, on: dt.date) -> None:
    """Put back what an order has put aside or taken."""
    document = id_of(KIND, order)
    stock_book.release(connection, document)
    back = stock_book.taken(connection, document, _STARTED)
    stock_book.give_back(connection, _occasion(order, "given back", on), back)
    for goods in back:
        _write_consumed(connection, order, goods.product, Decimal(0), Decimal("0.00"))


def bring(connection: Connection, order: ProductionOrder, *, on: dt.date) -> None:
    """Put the good ones on the shelf, worth all that the order cost."""
    number = number_of(KIND, order.id)
    cost = consumed(connection, number) + worked(connection, number)
    good = order.good.amount
    if not good:
        lines = [Line(Account.SCRAP, cost, "scrapped"), Line(Account.PRODUCTION, -cost, "scrapped")]
        journal.post(connection, order.id, "scrapped", lines, on=on)
        return
    unit_cost = _price(_exact_cost(connection, number) / good)
    made = Goods(number_of("product", order.product), good, unit_cost, cost)
    stock_book.receive(connection, _occasion(number, "finished", on), [made])


def _exact_cost(connection: Connection, order: int) -> Decimal:
    """Return what an order cost, as exactly as prices are: cents are for the books alone."""
    taken = stock_book.taken(connection, id_of(KIND, order), _STARTED)
    material = sum((goods.amount * goods.unit_cost for goods in taken), Decimal(0))
    work = production_work.booked_on(connection, order)
    hours = ((rate_of(connection, one.person, one.on).amount, one.hours) for one in work)
    return _price(material) + _price(sum((rate * time for rate, time in hours), Decimal(0)))


def _price(amount: Decimal) -> Decimal:
    return amount.quantize(UNIT_COST_STEP, rounding=ROUND_HALF_EVEN)


def _occasion(order: int, purpose: str, on: dt.date) -> Occasion:
    return Occasion(id_of(KIND, order), purpose, Account.PRODUCTION, on)


def _write_consumed(
    connection: Connection, order: int, product: int, amount: Decimal, cost: Decimal
) -> None:
    row = production_materials.c
    mine = (row.order_id == order) & (row.product_id == product)
    written = update(production_materials).where(mine).values(consumed=amount, cost=cost)
    connection.execute(written)
