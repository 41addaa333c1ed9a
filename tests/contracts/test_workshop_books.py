"""Whatever happens in the workshop, and in whatever order: the books and the shelves agree.

The sequences are drawn by hypothesis and played through the Protocols. What an order cost and what
its postings say is held against each other on every ERP; the whole ledger, which no Protocol shows,
on the embedded one.
"""

import contextlib
import shutil
from contextlib import ExitStack
from decimal import Decimal
from itertools import count

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from tasks.accounting import AccountKind, balance, is_balanced
from tasks.adapters import ERPFactory
from tasks.adapters.embedded.invoicing import journal
from tasks.adapters.embedded.invoicing.journal import Account
from tasks.adapters.embedded.invoicing.journal_tables import entry_lines
from tasks.adapters.embedded.sales.tables import products
from tasks.adapters.embedded.sql.database import Database
from tasks.adapters.embedded.stock.tables import reservations
from tasks.adapters.rules.valuation import cost_of
from tasks.erp_errors import Rejected
from tasks.inventory.contracts import CheckState, ProductionState
from tests.contracts.workshop import TODAY, Workshop

MADE = ["EXL-25", "RAS-300", "BRK-200", "MSU-75", "WLS-50"]
BOUGHT = ["RUB-3X25", "SHT-2", "TBK-25", "RAM-35"]
MOVES = ["release", "reserve", "unreserve", "start", "start", "finish", "finish", "cancel"]
nth = st.integers(0, 5)


class Days(RuleBasedStateMachine):
    """Days of work; each move may be refused, and then it has changed nothing."""

    def __init__(self, url):
        super().__init__()
        self.erp = ERPFactory(url=url).connect()
        self.workshop = Workshop(self.erp)
        self.orders, self.requests, self.turn = [], [], 0

    def teardown(self):
        self.erp.close()

    def key(self):
        self.turn += 1
        return f"key {id(self)} {self.turn}"

    @rule(code=st.sampled_from(MADE), amount=st.integers(1, 30), further=st.integers(0, 3))
    def plan(self, code, amount, further):
        order = self.workshop.draft(code, str(amount), self.key()).id
        self.orders.append(order)
        for move in ("release", "reserve", "start")[:further]:
            self.move(len(self.orders) - 1, move)

    @rule(n=nth, move=st.sampled_from(MOVES))
    def move(self, n, move):
        self.attempt(getattr(self.erp.production_orders, move), n)

    @rule(n=nth, minutes=st.integers(1, 500))
    def work(self, n, minutes):
        hours = (Decimal(minutes) / 60).quantize(Decimal("0.001"))
        worker = self.workshop.worker().id
        book = self.erp.production_orders.book_work
        self.attempt(lambda order: book(self.key(), order, worker, hours=hours, on=TODAY), n)

    @rule(n=nth)
    def take_the_work_back(self, n):
        def take_back(order):
            for booking in self.erp.production_orders.work(order)[:1]:
                self.erp.production_orders.unbook_work(booking.id)

        self.attempt(take_back, n)

    @rule(n=nth, amount=st.integers(1, 20))
    def scrap(self, n, amount):
        get = self.erp.production_orders.get
        self.attempt(lambda order: self.workshop.scrap(get(order), str(amount), self.key()), n)

    @rule(n=nth, good=st.booleans())
    def check(self, n, good):
        def check(order):
            for plan in self.workshop.plans(self.erp.production_orders.get(order)):
                found = self.erp.quality.open(self.key(), order, plan.id)
                value = {p.name: Decimal(p.low if p.low is not None else 1) for p in plan.points}
                wrong = {p.name: Decimal(-1) for p in plan.points}
                found = self.erp.quality.record(found.id, value if good else wrong)
                assert found.state == (CheckState.PASSED if good else CheckState.FAILED)

        self.attempt(check, n)

    @rule(code=st.sampled_from(BOUGHT), amount=st.integers(1, 900))
    def ask(self, code, amount):
        self.requests.append(self.workshop.request(code, str(amount), self.key()).id)

    @rule(n=nth, end=st.sampled_from(["receive", "cancel"]))
    def answer(self, n, end):
        if self.requests:
            request = self.requests[n % len(self.requests)]
            self.refused_or_done(lambda: getattr(self.erp.procurement, end)(request))

    @rule(code=st.sampled_from(MADE), amount=st.integers(1, 15))
    def sell(self, code, amount):
        delivery = self.workshop.delivery(code, str(amount), self.key()).id
        self.erp.stock_moves.reserve(delivery)
        self.refused_or_done(lambda: self.erp.stock_moves.ship(delivery))

    def attempt(self, verb, n):
        if self.orders:
            self.refused_or_done(lambda: verb(self.orders[n % len(self.orders)]))

    def refused_or_done(self, call):
        with contextlib.suppress(Rejected):
            call()

    @invariant()
    def no_shelf_is_below_zero(self):
        known = self.erp.products.by_codes([*MADE, *BOUGHT]).values()
        on_hand = self.erp.stock.on_hand([product.id for product in known])

        assert min(on_hand.values()) >= 0

    @invariant()
    def an_order_costs_what_its_postings_say(self):
        for number in self.orders:
            order = self.erp.production_orders.get(number)
            cost = self.erp.costing.of(number)
            postings = self.erp.costing.postings(number)
            on = {kind: balance(postings, kind).amount for kind in AccountKind}
            assert is_balanced(postings)
            assert on[AccountKind.LABOUR] == -cost.labour.amount
            match order.state:
                case ProductionState.RUNNING:
                    assert on[AccountKind.PRODUCTION] == cost.total.amount
                    assert on[AccountKind.STOCK] == -cost.material.amount
                case ProductionState.DONE:
                    brought = on[AccountKind.STOCK] + on[AccountKind.OTHER]
                    assert brought == cost.total.amount - cost.material.amount
                    assert on[AccountKind.PRODUCTION] == 0
                case ProductionState.CANCELLED:
                    assert cost.total.amount == 0
                    assert set(on.values()) == {0}
                case _:
                    assert postings == []


class EmbeddedDays(Days):
    """The same, with the embedded ERP's own rows at hand."""

    def __init__(self, url):
        super().__init__(f"sqlalchemy+{url}")
        self.database = Database(url)

    def teardown(self):
        super().teardown()
        self.database.close()

    @invariant()
    def the_ledger_balances_and_its_stock_is_what_the_shelves_are_worth(self):
        with self.database.reading() as connection:
            lines = connection.scalars(select(entry_lines.c.amount)).all()
            shelves = connection.execute(select(products.c.on_hand, products.c.unit_cost)).all()
            booked = journal.balance(connection, Account.STOCK)

        assert sum(lines) == 0
        assert booked == sum(cost_of(*shelf) for shelf in shelves)

    @invariant()
    def no_shelf_is_below_what_is_put_aside(self):
        with self.database.reading() as connection:
            free = dict(connection.execute(select(products.c.id, products.c.on_hand)).all())
            for row in connection.execute(select(reservations)):
                free[row.product_id] -= row.amount

        assert min(free.values()) >= 0


@pytest.fixture
def sqlite_copies(_sqlite_company, tmp_path):
    """A new company's address at each call."""
    numbers = count()
    return lambda: f"sqlite:///{shutil.copy(_sqlite_company, tmp_path / f'{next(numbers)}.db')}"


@pytest.fixture
def postgresql_copies(postgres_server, _postgresql_company):
    """The same, in PostgreSQL."""
    with ExitStack() as databases:
        yield lambda: databases.enter_context(postgres_server.database(_postgresql_company))


@pytest.mark.timeout(300)  # each sequence has a company of its own
@pytest.mark.parametrize(("kind", "examples"), [("sqlite", 8), ("postgresql", 3)])
def test_after_any_days_the_books_and_the_shelves_agree(kind, examples, request):
    copies = request.getfixturevalue(f"{kind}_copies")

    run_state_machine_as_test(
        lambda: EmbeddedDays(copies()),
        settings=settings(max_examples=examples, stateful_step_count=20, deadline=None),
    )


@pytest.fixture
def founded_anew(_tryton_company, home, monkeypatch):
    """The address of a company in Tryton that is as new at each call."""
    monkeypatch.setenv("ORCHESTRATOR_HOME", str(home))

    def address():
        _tryton_company.reset()
        return _tryton_company.erp_url

    yield address
    _tryton_company.reset()


@pytest.mark.timeout(1200)  # Tryton takes seconds for each move
def test_after_any_days_in_tryton_an_order_costs_what_its_postings_say(founded_anew):
    run_state_machine_as_test(
        lambda: Days(founded_anew()),
        settings=settings(
            max_examples=3, stateful_step_count=12, deadline=None, phases=[Phase.generate]
        ),
    )
