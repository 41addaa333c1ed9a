"""Several processes at one shelf: it is never promised twice, and the books stay right."""

from contextlib import closing
from decimal import Decimal

import pytest
from sqlalchemy import select

from tasks.accounting import is_balanced
from tasks.adapters import ERPFactory
from tasks.adapters.company.files import rows
from tasks.adapters.embedded.invoicing import journal
from tasks.adapters.embedded.invoicing.journal import Account
from tasks.adapters.embedded.sales.tables import products
from tasks.adapters.embedded.sql.database import Database
from tasks.adapters.embedded.stock import book
from tasks.adapters.embedded.stock.tables import reservations
from tasks.inventory.contracts import DeliveryState
from tests.contracts import stock_racing
from tests.contracts.racing import racers

pytestmark = pytest.mark.timeout(600)  # processes are spawned on a busy machine

WORKERS = 8
ON_HAND = [
    row["on_hand"] for code in stock_racing.CODES for row in rows("products") if row["code"] == code
]


@pytest.fixture(scope="module")
def race(tmp_path_factory):
    """`race(run, *args)`: in several processes of one home, all starting together."""
    with pytest.MonkeyPatch.context() as patch, racers(WORKERS) as start:
        patch.setenv("ORCHESTRATOR_HOME", str(tmp_path_factory.mktemp("home")))
        yield start


@pytest.fixture
def database(erp_url):
    with closing(Database(erp_url.partition("+")[2])) as database:
        yield database


def test_workers_that_reserve_at_once_get_together_what_is_on_hand(race, real_erp_url):
    with closing(ERPFactory(url=real_erp_url).connect()) as erp:
        deliveries = [stock_racing.order(erp, f"{n}", ("20", "6")) for n in range(WORKERS)]

    got = race(stock_racing.reserve, real_erp_url, deliveries)

    assert [sum(column) for column in zip(*got, strict=True)] == ON_HAND


def test_a_delivery_that_all_ship_at_once_leaves_the_shelf_once(race, real_erp_url):
    with closing(ERPFactory(url=real_erp_url).connect()) as erp:
        delivery = stock_racing.order(erp, "mail-1", ("2", "1"))
        erp.stock_moves.reserve(delivery)

        states = race(stock_racing.ship, real_erp_url, delivery)

        assert set(states) == {DeliveryState.SHIPPED}
        assert len(erp.stock_moves.postings(delivery)) == 4
        ids = [product.id for product in erp.products.by_codes(stock_racing.CODES).values()]
        assert sum(erp.stock.on_hand(ids).values()) == sum(ON_HAND) - 3


def test_the_books_hold_after_a_storm_of_orders(race, erp_url, database):
    ERPFactory(url=erp_url).connect().close()

    shipped = race(stock_racing.storm, erp_url, 6)

    assert sum(shipped) > WORKERS
    with database.reading() as connection:
        shelves = {row.id: row for row in connection.execute(select(products))}
        promised = dict.fromkeys(shelves, Decimal(0))
        for row in connection.execute(select(reservations)):
            promised[row.product_id] += row.amount
        worth = book.worth(connection, shelves)

        assert all(0 <= promised[n] <= shelf.on_hand for n, shelf in shelves.items())
        assert journal.balance(connection, Account.STOCK) == sum(worth.values())
        assert is_balanced(journal.all_postings(connection))
        assert sum(shelf.on_hand for shelf in shelves.values()) < sum(
            row["on_hand"] for row in rows("products")
        )
