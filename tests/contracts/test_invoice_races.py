"""Several processes at the same books: numbers without gaps, and nothing paid twice."""

from contextlib import closing

import pytest

from tasks.accounting import AccountKind, balance, is_balanced
from tasks.adapters import ERPFactory
from tasks.adapters.embedded import journal
from tasks.adapters.embedded.database import Database
from tasks.billing.contracts import InvoiceState
from tasks.values import Money
from tests.contracts import invoice_racing, racing

pytestmark = pytest.mark.timeout(120)  # processes are spawned on a busy machine


@pytest.fixture(scope="module")
def race():
    """`race(run, *args)`: in several processes, all starting together."""
    with racing.racers() as start:
        yield start


@pytest.fixture
def erp(erp_url):
    with closing(ERPFactory(url=erp_url).connect()) as erp:
        yield erp


@pytest.fixture
def ledger(erp_url):
    """`ledger()`: all that is posted."""
    with closing(Database(erp_url.partition("+")[2])) as database:

        def read():
            with database.reading() as connection:
                return journal.all_postings(connection)

        yield read


def post(erp, key):
    return erp.receivables.post(invoice_racing.draft(erp, key).id, invoice_racing.TODAY)


def test_a_storm_leaves_numbers_without_gaps_and_books_that_balance(race, erp_url, erp, ledger):
    shared = post(erp, "shared")

    given = [number for racer in race(invoice_racing.storm, erp_url, 8) for number in racer]

    assert sorted(int(number[-5:]) for number in given) == list(range(2, len(given) + 2))
    items = erp.receivables.open_items(invoice_racing.TODAY)
    owed = sum((item.open for item in items), Money.of("0.00"))
    postings = ledger()
    assert is_balanced(postings)
    assert balance(postings, AccountKind.RECEIVABLE) == owed
    assert erp.receivables.get(shared.id).open == Money.of("1.40")  # 11 of 9.00, and no more


def test_of_all_who_pay_or_credit_one_invoice_one_does(race, erp_url, erp, ledger):
    invoice = post(erp, "shared")

    done = race(invoice_racing.pay_and_credit, erp_url, invoice.id)

    assert sum(done) == 1
    after = erp.receivables.get(invoice.id)
    assert after.state in (InvoiceState.PAID, InvoiceState.CANCELLED)
    assert balance(ledger(), AccountKind.RECEIVABLE) == Money.of("0.00")
