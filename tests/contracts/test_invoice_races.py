"""Several processes at the same books: numbers without gaps, and nothing paid twice."""

import datetime as dt
from contextlib import closing

import pytest

from tasks.adapters import ERPFactory
from tasks.adapters.embedded.invoicing import journal
from tasks.adapters.embedded.invoicing.journal import Account
from tasks.adapters.embedded.sql.database import Database
from tasks.adapters.tryton.address import Address
from tasks.billing.contracts import InvoiceState
from tasks.values import Money
from tests.contracts import invoice_racing, racing
from tests.tryton import connected

pytestmark = pytest.mark.timeout(600)  # processes are spawned on a busy machine

NOTHING = Money.of("0.00")


@pytest.fixture(scope="module")
def race(tmp_path_factory):
    """`race(run, *args)`: in several processes of one home, all starting together."""
    with pytest.MonkeyPatch.context() as patch, racing.racers() as start:
        patch.setenv("ORCHESTRATOR_HOME", str(tmp_path_factory.mktemp("home")))
        yield start


@pytest.fixture
def erp(race, real_erp_url):
    with closing(ERPFactory(url=real_erp_url).connect()) as erp:
        yield erp


@pytest.fixture
def ledger(real_erp_url):
    """`ledger()`: the sum of all that is posted, and of it what customers owe, past the ERP."""
    kind, _, address = real_erp_url.partition("+")
    if kind == "tryton":
        with connected(Address.parse(address)) as tryton:
            yield lambda: _sums_in_tryton(tryton)
    else:
        with closing(Database(address)) as database:
            yield lambda: _sums_in_embedded(database)


def _sums_in_embedded(database):
    with database.reading() as connection:
        posted = journal.all_postings(connection)
        total = sum((p.debit - p.credit for p in posted), NOTHING)
        return total, Money(amount=journal.balance(connection, Account.RECEIVABLE))


def _sums_in_tryton(tryton):
    fields = ["debit", "credit", "account.type.receivable"]
    lines = tryton.search_read("account.move.line", [("move.state", "=", "posted")], fields)
    amounts = [(line["debit"] - line["credit"], line["account."]["type."]) for line in lines]
    owed = sum(amount for amount, kind in amounts if kind["receivable"])
    return Money(amount=sum(amount for amount, _ in amounts)), Money(amount=owed)


def post(erp, key):
    return erp.receivables.post(invoice_racing.draft(erp, key).id, invoice_racing.TODAY)


def test_a_storm_leaves_numbers_without_gaps_and_books_that_balance(
    race, real_erp_url, erp, ledger
):
    shared = post(erp, "shared")
    rounds = 2 if real_erp_url.startswith("tryton") else 8

    given = [
        number for racer in race(invoice_racing.storm, real_erp_url, rounds) for number in racer
    ]

    assert sorted(int(number[-5:]) for number in given) == list(range(2, len(given) + 2))
    items = erp.receivables.open_items(invoice_racing.TODAY + dt.timedelta(days=1))
    owed = sum((item.open for item in items), NOTHING)
    assert ledger() == (NOTHING, owed)
    # Everybody paid 9.00 at each turn but every fourth: 11 times, and no more.
    paid = min(racing.RACERS * sum(turn % 4 != 3 for turn in range(rounds)), 11)
    assert erp.receivables.get(shared.id).open == Money.of("100.40") - Money.of(9) * paid


def test_of_all_who_pay_or_credit_one_invoice_one_does(race, real_erp_url, erp, ledger):
    invoice = post(erp, "shared")

    done = race(invoice_racing.pay_and_credit, real_erp_url, invoice.id)

    assert sum(done) == 1
    after = erp.receivables.get(invoice.id)
    assert after.state in (InvoiceState.PAID, InvoiceState.CANCELLED)
    assert ledger() == (NOTHING, NOTHING)


def test_a_key_used_by_all_at_once_drafts_pays_and_credits_once(race, real_erp_url, erp, ledger):
    paid, credited = post(erp, "paid").id, post(erp, "credited").id

    first, *others = race(invoice_racing.use_shared_keys, real_erp_url, paid, credited)

    assert others == [first] * (racing.RACERS - 1)
    assert erp.receivables.get(paid).open == Money.of("91.40")
    assert ledger() == (NOTHING, Money.of("91.40"))
