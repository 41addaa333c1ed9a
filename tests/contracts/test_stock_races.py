"""Several processes at one shelf: it is never promised twice, and the books stay right."""

from contextlib import closing
from decimal import Decimal

import pytest
from sqlalchemy import select

from tasks.accounting import is_balanced
from tasks.adapters import ERPFactory
from tasks.adapters.embedded import journal, stock_book
from tasks.adapters.embedded.company_files import rows
from tasks.adapters.embedded.database import Database
from tasks.adapters.embedded.journal import Account
from tasks.adapters.embedded.stock_tables import reservations
from tasks.adapters.embedded.tables import products
from tests.contracts import stock_racing
from tests.contracts.racing import racers

pytestmark = pytest.mark.timeout(120)  # processes are spawned on a busy machine

WORKERS = 8
ON_HAND = [
    row["on_hand"] for code in stock_racing.CODES for row in rows("products") if row["code"] == code
]


@pytest.fixture(scope="module")
def race():
    """`race(run, *args)`: in several processes, all starting together."""
    with racers(WORKERS) as start:
        yield start


@pytest.fixture
def database(erp_url):
    with closing(Database(erp_url.partition("+")[2])) as database:
        yield database


def test_workers_that_reserve_at_once_get_together_what_is_on_hand(race, erp_url):
    with closing(ERPFactory(url=erp_url).connect()) as erp:
        deliveries = [stock_racing.order(erp, f"{n}", ("20", "6")) for n in range(WORKERS)]

    got = race(stock_racing.reserve, erp_url, deliveries)

    assert [sum(column) for column in zip(*got, strict=True)] == ON_HAND


def test_the_books_hold_after_a_storm_of_orders(race, erp_url, database):
    ERPFactory(url=erp_url).connect().close()

    shipped = race(stock_racing.storm, erp_url, 6)

    assert sum(shipped) > WORKERS
    with database.reading() as connection:
        shelves = {row.id: row for row in connection.execute(select(products))}
        promised = dict.fromkeys(shelves, Decimal(0))
        for row in connection.execute(select(reservations)):
            promised[row.product_id] += row.amount
        worth = stock_book.worth(connection, shelves)

        assert all(0 <= promised[n] <= shelf.on_hand for n, shelf in shelves.items())
        assert journal.balance(connection, Account.STOCK) == sum(worth.values())
        assert is_balanced(journal.all_postings(connection))
        assert sum(shelf.on_hand for shelf in shelves.values()) < sum(
            row["on_hand"] for row in rows("products")
        )
