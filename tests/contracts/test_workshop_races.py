"""Several workers of one workshop at once: nothing is promised, made or posted twice."""

from contextlib import closing
from decimal import Decimal

import pytest

from tasks.accounting import AccountKind, balance, is_balanced
from tasks.adapters import ERPFactory
from tasks.inventory.contracts import ProductionState
from tests.contracts import racing, workshop_racing
from tests.contracts.workshop import CABLE, LEAD, Workshop

pytestmark = pytest.mark.timeout(600)  # eight processes are spawned on a busy machine

WORKERS = 8


@pytest.fixture(scope="module")
def race(tmp_path_factory):
    """`race(run, *args)`: in eight processes of one home, all starting together."""
    with pytest.MonkeyPatch.context() as patch, racing.racers(WORKERS) as start:
        patch.setenv("ORCHESTRATOR_HOME", str(tmp_path_factory.mktemp("home")))
        yield start


@pytest.fixture
def url(real_erp_url):
    return real_erp_url


@pytest.fixture
def workshop(url):
    with closing(ERPFactory(url=url).connect()) as erp:
        yield Workshop(erp)


def assert_the_books_are_right(workshop, order):
    """The order's postings are its cost, and none of it is on the way."""
    postings = workshop.erp.costing.postings(order.id)
    assert is_balanced(postings)
    on_the_way = balance(postings, AccountKind.PRODUCTION)
    cost = workshop.erp.costing.of(order.id).total
    assert on_the_way.amount == (cost.amount if order.state == ProductionState.RUNNING else 0)


def test_eight_workers_reserve_all_there_is_and_not_a_metre_more(race, workshop, url):
    orders = [workshop.released(LEAD, "3", f"order {turn}").id for turn in range(12)]  # 909 m

    race(workshop_racing.reserve, url, orders)

    made = [workshop.erp.production_orders.get(order) for order in orders]
    cable = workshop.product(CABLE).id
    reserved = [
        item.reserved.amount for order in made for item in order.materials if item.product == cable
    ]
    assert sum(reserved) == 590
    assert [order.state for order in made].count(ProductionState.RESERVED) == 7  # of 75.8 m


@pytest.mark.parametrize("verb", sorted(workshop_racing.CREATORS))
def test_a_key_used_by_all_at_once_makes_one(race, workshop, url, verb):
    order = workshop.running(LEAD, "9")

    first, *others = race(workshop_racing.use_one_key, url, order.id, verb)

    assert others == [first] * (WORKERS - 1)
    running = workshop.erp.production_orders.get(order.id)
    assert len(workshop.erp.production_orders.work(order.id)) == (verb == "book_work")
    assert running.good.amount == (0 if verb == "scrap" else 9)
    assert len(workshop.erp.work_centres.operations_of(order.id)) == 3 + (verb == "rework")
    assert len(workshop.erp.quality.of(order.id)) == (verb == "open")
    assert len(workshop.erp.procurement.open_requests()) == (verb == "request")
    assert_the_books_are_right(workshop, running)


def test_what_is_scrapped_while_somebody_finishes_is_not_on_the_shelf(race, workshop, url):
    order = workshop.running(LEAD, "9")
    workshop.check(order, "1")

    seen = race(workshop_racing.attempt, url, order.id, ["scrap", "finish"])

    finished = workshop.erp.production_orders.get(order.id)
    assert seen.count("finish done") == WORKERS // 2
    assert len(finished.scrapped) == seen.count("scrap done")
    assert workshop.on_hand(LEAD) == 12 + finished.good.amount
    assert_the_books_are_right(workshop, finished)


def test_work_booked_while_somebody_finishes_is_in_the_cost(race, workshop, url):
    order = workshop.running(LEAD, "9")
    workshop.check(order, "1")

    seen = race(workshop_racing.attempt, url, order.id, ["work", "finish"])

    finished = workshop.erp.production_orders.get(order.id)
    cost = workshop.erp.costing.of(order.id)
    assert cost.labour.amount == 33 * seen.count("work done")
    assert_the_books_are_right(workshop, finished)


def test_nobody_finishes_past_a_check_that_was_just_opened(race, workshop, url):
    order = workshop.running(LEAD, "9")
    workshop.check(order, "1")

    seen = race(workshop_racing.attempt, url, order.id, ["open", "finish"])

    opened = len(workshop.erp.quality.of(order.id)) - 1
    assert opened == seen.count("open done")
    assert seen.count("finish done") == (0 if opened else WORKERS // 2)


def test_an_order_is_started_or_cancelled_and_its_materials_are_right(race, workshop, url):
    document = workshop.reserved(LEAD, "20").document

    race(workshop_racing.attempt, url, document, ["start", "cancel"])

    order = workshop.erp.production_orders.get(document)
    assert order.state == ProductionState.CANCELLED
    assert workshop.on_hand(CABLE) == 590
    assert workshop.reserved(LEAD, "23", "all of it").complete
    assert_the_books_are_right(workshop, order)


def test_what_all_receive_at_once_comes_once(race, workshop, url):
    request = workshop.request(CABLE, "100")

    seen = race(workshop_racing.attempt, url, request.id, ["receive"])

    assert seen == ["receive done"] * WORKERS
    assert workshop.on_hand(CABLE) == 690
    assert workshop.worth(CABLE) == Decimal("1.38") * 690
