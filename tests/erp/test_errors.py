"""Each of the six kinds of answers, provoked on a real Tryton."""

import dataclasses
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from tasks.erp_errors import Busy, Confirm, Conflict, Rejected, Unavailable
from tests.tryton import connected
from tests.waiting import eventually

pytestmark = pytest.mark.timeout(300)  # the first test starts a server


#: the rows that whoever reserves goods must have alone
MOVING = "SELECT 1 FROM stock_move FOR UPDATE"


@contextmanager
def locked(company, statement):
    """Hold a lock of PostgreSQL's in a transaction of somebody else."""
    with company.database() as database, database.transaction():
        database.execute(statement)
        yield


def test_a_rule_of_tryton_s_is_a_refusal(tryton, sale_of):
    with pytest.raises(Rejected, match=r"number of digits in the value .*1\.5"):
        sale_of("C1001", ("FL-30", 1.5))


def test_an_offer_that_is_processed_cannot_be_cancelled(tryton, sale_of):
    sale = sale_of("C1001", ("FL-30", 1.0))
    for button in ("quote", "confirm"):
        tryton.press("sale.sale", button, [sale])

    with pytest.raises(Rejected, match='not call "cancel"'):
        tryton.press("sale.sale", "cancel", [sale])

    assert tryton.get("sale.sale", sale, ["state"])["state"] == "processing"


@pytest.mark.parametrize(
    ("method", "arguments", "text"),
    [
        ("model.sale.sale.no_such_method", ([1],), "model.sale.sale.no_such_method is not for"),
        ("model.party.party.read", ([1], ["no_such_field"]), "failed at model.party.party.read"),
    ],
)
def test_what_tryton_does_not_know_is_a_refusal(tryton, method, arguments, text):
    with pytest.raises(Rejected, match=text):
        tryton.call(method, *arguments)


def test_a_warning_asks_for_a_confirmation_by_name(tryton, overdue_invoice):
    with pytest.raises(Confirm, match=r"due date|payment") as asked:
        tryton.press("account.invoice", "post", [overdue_invoice])

    name = asked.value.name
    assert name.endswith(".invoice_payment_term")
    with pytest.raises(Confirm):
        tryton.press("account.invoice", "post", [overdue_invoice], accept={"another"})
    assert (
        tryton.press("account.invoice", "post", [overdue_invoice], accept={name}).state == "posted"
    )


def test_an_accepted_warning_is_asked_again_the_next_time(tryton, overdue_invoice):
    tryton.press("account.invoice", "post", [overdue_invoice], accept={"invoice_payment_term"})

    assert tryton.count("res.user.warning", []) == 0


def test_a_stale_timestamp_is_a_conflict(tryton, party):
    read = tryton.get("party.party", party, ["_timestamp"])["_timestamp"]
    tryton.write("party.party", [party], {"name": "Changed first"}, unless_changed={party: read})

    with pytest.raises(Conflict, match=r"party\.party\.write"):
        tryton.write("party.party", [party], {"name": "Second"}, unless_changed={party: read})

    assert tryton.get("party.party", party, ["name"])["name"] == "Changed first"


def test_a_lock_that_stays_is_busy_and_nothing_was_done(company, address, sale_of, tryton):
    shipment = _shipment(tryton, sale_of)

    with (
        connected(address, patience=1.0) as hasty,
        locked(company, MOVING),
        pytest.raises(Busy, match="no lock in"),
    ):
        hasty.press("stock.shipment.out", "assign_try", [shipment])

    assert tryton.get("stock.shipment.out", shipment, ["state"])["state"] == "waiting"


def test_a_lock_that_is_given_back_is_waited_for(company, address, sale_of, tryton):
    shipment = _shipment(tryton, sale_of)
    held, give_back = threading.Event(), threading.Event()

    def hold():
        with locked(company, MOVING):
            held.set()
            give_back.wait(10)

    with ThreadPoolExecutor() as threads, connected(address, patience=30.0) as patient:
        holding = threads.submit(hold)
        assert held.wait(10)
        timer = threading.Timer(1.5, give_back.set)
        timer.start()
        pressed = patient.press("stock.shipment.out", "assign_try", [shipment])
        holding.result()

    assert give_back.is_set()
    assert pressed.state == "assigned"


def test_a_server_that_is_not_there_was_sent_nothing(address):
    nobody = dataclasses.replace(address, server="http://127.0.0.1:1")

    with connected(nobody) as tryton, pytest.raises(Unavailable, match="was not sent") as failed:
        tryton.count("party.party", [])

    assert address.password not in str(failed.value)


def test_an_answer_that_does_not_come_may_have_happened(company, address, party):
    with (
        connected(address, answer_seconds=2.0) as hasty,
        locked(company, "SELECT 1 FROM party_party FOR UPDATE"),
    ):
        hasty.count("party.party", [])
        with pytest.raises(Unavailable, match="it may have happened") as failed:
            hasty.write("party.party", [party], {"name": "Renamed"})

    assert address.password not in str(failed.value)


def test_a_server_that_is_killed_in_a_call_may_have_done_it(company, party):
    with (
        company.another_server() as doomed,
        connected(doomed.address) as tryton,
        ThreadPoolExecutor() as threads,
    ):
        tryton.count("party.party", [])
        with locked(company, "SELECT 1 FROM party_party FOR UPDATE"):
            values = {"name": "Renamed"}
            writing = threads.submit(tryton.write, "party.party", [party], values)
            _wait_for_lock(company)
            doomed.server.process.kill()

            with pytest.raises(Unavailable, match="it may have happened"):
                writing.result(timeout=30)


def _shipment(tryton, sale_of):
    """Return a delivery that waits for its goods, which are there."""
    sale = sale_of("C1001", ("FL-30", 1.0))
    for button in ("quote", "confirm"):
        tryton.press("sale.sale", button, [sale])
    shipment = tryton.get("sale.sale", sale, ["shipments"])["shipments"][0]
    tryton.press("stock.shipment.out", "wait", [shipment])
    return shipment


def _wait_for_lock(company):
    query = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = %s"
    with company.database() as database:
        eventually(lambda: database.execute(query, [company.name]).fetchone(), within=20)
