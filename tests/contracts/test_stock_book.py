"""The stock book of the embedded ERP: what it puts aside, takes, receives and posts."""

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from tasks.accounting import is_balanced
from tasks.adapters.embedded.invoicing import journal
from tasks.adapters.embedded.invoicing.journal import Account
from tasks.adapters.embedded.sales.tables import products
from tasks.adapters.embedded.stock import book as stock_book
from tasks.adapters.embedded.stock.book import Goods, Occasion
from tasks.adapters.embedded.stock.tables import stock_moves
from tasks.adapters.ids import id_of
from tasks.adapters.rules.valuation import Shelf, drift
from tasks.erp_errors import Conflict

DAY = dt.date(2026, 3, 2)


@pytest.fixture
def connection(database):
    with database.writing() as connection:
        yield connection


@pytest.fixture
def bolt(connection):
    """The number of a product with 3422 on hand, at 0.3060 each."""
    return connection.execute(select(products.c.id).filter_by(code="HB-M8X40-A2")).scalar_one()


@pytest.fixture
def cable(connection):
    """The number of a product by the metre, of which there is little."""
    by_metre = select(products).where(products.c.unit == "m", products.c.on_hand != 0)
    return min(connection.execute(by_metre), key=lambda row: row.on_hand).id


def shelf(connection, number):
    query = select(products.c.on_hand, products.c.unit_cost).filter_by(id=number)
    return Shelf(*connection.execute(query).one())


def take(connection, document, purpose="shipped", against=Account.COST_OF_SALES):
    return stock_book.take(connection, Occasion(document, purpose, against, DAY))


def receive(connection, goods, document="production:1"):
    occasion = Occasion(document, "finished", Account.PRODUCTION, DAY)
    stock_book.receive(connection, occasion, [goods])


def assert_books_hold_the_shelves(connection):
    worth = stock_book.worth(connection, connection.scalars(select(products.c.id)).all())
    assert journal.balance(connection, Account.STOCK) == sum(worth.values())
    assert is_balanced(journal.all_postings(connection))


def test_the_opening_stock_is_booked(connection):
    assert_books_hold_the_shelves(connection)
    assert journal.balance(connection, Account.OPENING) == -journal.balance(
        connection, Account.STOCK
    )


def test_all_that_is_wanted_is_put_aside_when_it_is_there(connection, bolt):
    aside = stock_book.reserve(connection, "a", {bolt: Decimal(3422)})

    assert (aside.reserved, aside.missing) == ({bolt: Decimal(3422)}, {})


def test_two_documents_never_get_more_than_there_is(connection, bolt):
    stock_book.reserve(connection, "a", {bolt: Decimal(3000)})

    aside = stock_book.reserve(connection, "b", {bolt: Decimal(1000)})

    assert (aside.reserved, aside.missing) == ({bolt: Decimal(422)}, {bolt: Decimal(578)})


def test_reserving_again_keeps_what_there_is_and_tries_for_the_rest(connection, bolt):
    stock_book.reserve(connection, "a", {bolt: Decimal(3000)})
    stock_book.reserve(connection, "b", {bolt: Decimal(1000)})
    stock_book.release(connection, "a")

    aside = stock_book.reserve(connection, "b", {bolt: Decimal(1000)})

    assert (aside.reserved, aside.missing) == ({bolt: Decimal(1000)}, {})


def test_what_is_taken_leaves_the_shelf_and_is_posted_at_its_cost(connection, bolt):
    stock_book.reserve(connection, "delivery:1", {bolt: Decimal(10)})

    taken = take(connection, "delivery:1")

    assert taken == [Goods(bolt, Decimal(10), Decimal("0.3060"), Decimal("3.06"))]
    assert shelf(connection, bolt) == Shelf(Decimal(3412), Decimal("0.3060"))
    stock, sold = journal.postings(connection, "delivery:1")
    assert (stock.kind, str(stock.credit)) == ("stock", "3.06 EUR")
    assert (sold.kind, str(sold.debit)) == ("cost_of_sales", "3.06 EUR")
    assert stock_book.reserved(connection, "delivery:1") == {}
    assert_books_hold_the_shelves(connection)


def test_lines_of_one_product_are_rounded_each_by_itself(connection, bolt):
    stock_book.reserve(connection, "delivery:1", {bolt: Decimal(4)})
    occasion = Occasion("delivery:1", "shipped", Account.COST_OF_SALES, DAY)

    (taken,) = stock_book.take(connection, occasion, [(bolt, Decimal(1)), (bolt, Decimal(3))])

    # 0.306 and 0.918 are 0.31 and 0.92; 4 of them would be 1.224.
    assert taken == Goods(bolt, Decimal(4), Decimal("0.3060"), Decimal("1.23"))
    assert_books_hold_the_shelves(connection)


def test_nothing_is_taken_that_was_not_put_aside(connection):
    assert take(connection, "delivery:1") == []


def test_what_comes_in_is_averaged_into_the_cost(connection, bolt):
    receive(connection, Goods.at(bolt, Decimal(3422), Decimal("0.4000")))

    assert shelf(connection, bolt) == Shelf(Decimal(6844), Decimal("0.3530"))
    assert_books_hold_the_shelves(connection)


def test_production_is_cleared_of_its_whole_cost_though_it_does_not_divide(connection, bolt):
    receive(connection, Goods(bolt, Decimal(3), Decimal("33.3333"), Decimal("100.00")))

    assert journal.balance(connection, Account.PRODUCTION) == Decimal("-100.00")
    assert_books_hold_the_shelves(connection)


def test_what_rounding_costs_is_posted_under_the_product(connection, bolt):
    # 3423 at 0.3060 come to 1047.44 (1047.438); 1047.13 + 0.01 were booked for them.
    receive(connection, Goods(bolt, Decimal(1), Decimal("0.0100"), Decimal("0.01")))

    written_off = journal.postings(connection, id_of("product", bolt))
    after = shelf(connection, bolt)
    assert after.unit_cost == Decimal("0.3059")
    assert [str(p.debit) for p in written_off if p.debit.amount] == [
        f"{-drift(Shelf(Decimal(3422), Decimal('0.3060')), after, Decimal('0.01'))} EUR"
    ]
    assert_books_hold_the_shelves(connection)


def test_what_was_taken_comes_back_at_its_cost_though_the_shelf_costs_more_by_now(connection, bolt):
    stock_book.reserve(connection, "production:1", {bolt: Decimal(10)})
    gone = take(connection, "production:1", "started", Account.PRODUCTION)
    receive(connection, Goods.at(bolt, Decimal(5000), Decimal("0.5000")), "production:2")

    back = stock_book.taken(connection, "production:1", "started")
    occasion = Occasion("production:1", "cancelled", Account.PRODUCTION, DAY)
    stock_book.receive(connection, occasion, back)

    assert back == gone
    assert shelf(connection, bolt).on_hand == Decimal(8422)
    assert journal.balance(connection, Account.PRODUCTION) == Decimal("-2500.00")
    assert_books_hold_the_shelves(connection)


def test_goods_are_received_once_on_an_occasion(database):
    occasion = Occasion("purchase:1", "received", Account.PAYABLE, DAY)
    goods = [Goods.at(1, Decimal(5), Decimal("0.0500"))]
    with database.writing() as connection:
        stock_book.receive(connection, occasion, goods)

    with pytest.raises(Conflict), database.writing() as connection:
        stock_book.receive(connection, occasion, goods)


#: what may happen, with a document of two and an amount
amounts = st.decimals(Decimal("0.1"), 60, places=1)
moves = st.lists(
    st.one_of(
        st.tuples(st.just("reserve"), st.sampled_from("ab"), amounts),
        st.tuples(st.sampled_from(["release", "take"]), st.sampled_from("ab")),
        st.tuples(st.just("receive"), amounts, st.decimals(0, 20, places=4)),
    ),
    max_size=30,
)


class Model:
    """A shelf as a child would keep it: so much there, so much for each, a price."""

    def __init__(self, shelf):
        self.on_hand, self.unit_cost, self.aside = shelf.on_hand, shelf.unit_cost, {}

    def reserve(self, document, amount):
        others = sum(held for owner, held in self.aside.items() if owner != document)
        held = self.aside.get(document, Decimal(0))
        self.aside[document] = max(held, min(amount, self.on_hand - others))

    def release(self, document):
        self.aside.pop(document, None)

    def take(self, document):
        self.on_hand -= self.aside.pop(document, Decimal(0))

    def receive(self, amount, unit_cost):
        paid = self.on_hand * self.unit_cost + amount * unit_cost
        self.on_hand += amount
        self.unit_cost = round(paid / self.on_hand, 4)


@given(moves=moves)
@settings(
    max_examples=15,
    deadline=None,
    # Each example ends where it began: what it did is rolled back.
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_the_book_does_what_a_simple_shelf_does_and_its_accounts_follow(connection, cable, moves):
    example = connection.begin_nested()
    model = Model(shelf(connection, cable))

    for turn, (move, *arguments) in enumerate(moves):
        getattr(model, move)(*arguments)
        _do(connection, cable, f"turn {turn}", move, *arguments)

        assert shelf(connection, cable) == Shelf(model.on_hand, model.unit_cost)
        assert 0 <= sum(model.aside.values()) <= model.on_hand
        assert _aside(connection, cable) == {k: v for k, v in model.aside.items() if v}

    moved = connection.scalars(select(stock_moves.c.amount).filter_by(product_id=cable))
    assert sum(moved) == model.on_hand
    assert_books_hold_the_shelves(connection)
    example.rollback()


def _do(connection, number, purpose, move, *arguments):
    if move == "reserve":
        document, amount = arguments
        stock_book.reserve(connection, document, {number: amount})
    elif move == "release":
        stock_book.release(connection, *arguments)
    elif move == "take":
        take(connection, arguments[0], purpose)
    else:
        occasion = Occasion("purchase", purpose, Account.PAYABLE, DAY)
        stock_book.receive(connection, occasion, [Goods.at(number, *arguments)])


def _aside(connection, number):
    held = {document: stock_book.reserved(connection, document) for document in "ab"}
    return {document: parts[number] for document, parts in held.items() if parts}
