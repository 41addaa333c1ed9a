"""Invoices on Tryton: what is left half-way goes on, and people write their own beside us."""

import datetime as dt
from contextlib import closing
from decimal import Decimal

import pytest

from tasks.adapters import ERPFactory
from tasks.billing.contracts import InvoiceDraftLine, InvoiceState, OfferDraftLine
from tasks.erp_errors import Confirm, Conflict, Rejected, Unavailable
from tasks.values import Money, Quantity
from tests.erp.cutting import cut_off

pytestmark = pytest.mark.timeout(300)  # the first test starts a server

TODAY = dt.datetime.now(dt.UTC).date()


@pytest.fixture
def erp(company, home, monkeypatch):
    monkeypatch.setenv("ORCHESTRATOR_HOME", str(home))
    with closing(ERPFactory(url=company.erp_url).connect()) as erp:
        yield erp


@pytest.fixture
def books(erp):
    return erp.receivables


@pytest.fixture
def buyer(erp):
    return erp.customers.by_name("Lahden Konepaja Oy")[0]


@pytest.fixture
def posted(books, buyer, request):
    """`posted(key)`: a posted invoice over 251.00."""

    def make(key="invoice"):
        own = f"{request.node.name} {key}"
        return books.post(books.draft(own, buyer.id, [work()], on=TODAY).id, TODAY)

    return make


def work(product=None, unit="h", rate="25.5"):
    return InvoiceDraftLine(
        text="Advice",
        quantity=Quantity(amount=Decimal(2), unit=unit),
        unit_price=Money.of(100),
        tax_rate=Decimal(rate),
        product=product,
    )


def number_in(record):
    return int(record.partition(":")[2])


@pytest.mark.parametrize("end", ["credit.execute", "invoice.write"])
def test_a_credit_that_was_left_half_way_is_this_key_s(books, posted, end):
    invoice = posted()
    with cut_off(end), pytest.raises(Unavailable):
        books.credit(f"credit {end}", invoice.id, TODAY)

    note = books.credit(f"credit {end}", invoice.id, TODAY)

    assert (note.key, note.credits) == (f"credit {end}", invoice.id)
    assert books.get(invoice.id).state == InvoiceState.CANCELLED
    assert [item.invoice for item in books.open_items(TODAY) if item.invoice == invoice.id] == []
    with pytest.raises(Rejected, match="is cancelled"):
        books.credit("another", invoice.id, TODAY)


def test_a_credit_note_that_people_wrote_is_no_key_s(books, posted, tryton):
    invoice = posted()
    number = number_in(invoice.id)
    with tryton.wizard("account.invoice.credit", model="account.invoice", ids=[number]) as wizard:
        wizard.go("credit", with_refund=True, invoice_date=TODAY)

    with pytest.raises(Rejected, match="is cancelled"):
        books.credit("too late", invoice.id, TODAY)


def test_a_payment_that_comes_between_keeps_a_credit_from_being_written(books, posted, tryton):
    invoice = posted()
    stale = tryton.get("account.invoice", number_in(invoice.id), ["_timestamp"])["_timestamp"]
    books.pay("in between", invoice.id, Money.of(1), on=TODAY)

    with (
        pytest.raises(Conflict),
        tryton.wizard(
            "account.invoice.credit",
            model="account.invoice",
            ids=[number_in(invoice.id)],
            unless_changed={number_in(invoice.id): stale},
        ) as wizard,
    ):
        wizard.go("credit", with_refund=True, invoice_date=TODAY)

    assert books.get(invoice.id).state == InvoiceState.POSTED


def test_the_dunning_follows_the_reminders(books, posted, tryton):
    invoice = posted()
    number = number_in(invoice.id)
    later = invoice.due + dt.timedelta(days=1)
    dunned = []

    for turn in range(1, 5):
        reminder = books.remind(f"reminder {turn}", invoice.id, later)
        fields = ["lines_to_pay.dunnings.level.sequence", "lines_to_pay.dunnings.state"]
        (line,) = tryton.get("account.invoice", number, fields)["lines_to_pay."]
        (dunning,) = line["dunnings."]
        dunned.append((reminder.level, dunning["level."]["sequence"], dunning["state"]))

    # The company's procedure has three levels: the last one is asked for again.
    assert dunned == [
        (1, 1, "waiting"),
        (2, 2, "waiting"),
        (3, 3, "waiting"),
        (4, 3, "waiting"),
    ]


def test_a_dunning_that_was_left_behind_follows(books, posted, tryton):
    invoice = posted()
    later = invoice.due + dt.timedelta(days=1)
    with cut_off("dunning.create"), pytest.raises(Unavailable):
        books.remind("left behind", invoice.id, later)

    reminder = books.remind("left behind", invoice.id, later)

    assert reminder.level == 1
    fields = ["lines_to_pay.dunnings.level.sequence"]
    (line,) = tryton.get("account.invoice", number_in(invoice.id), fields)["lines_to_pay."]
    assert [dunning["level."]["sequence"] for dunning in line["dunnings."]] == [1]


def test_another_tax_than_the_product_s_must_be_accepted(erp, books, buyer):
    bolts = erp.products.by_codes(["HB-M8X40-A2"])["HB-M8X40-A2"]
    line = work(bolts.id, bolts.unit, "13.5")
    draft = books.draft("another tax", buyer.id, [line], on=TODAY)

    with pytest.raises(Confirm) as warning:
        books.post(draft.id, TODAY)

    assert books.get(draft.id) == draft
    posted = books.post(draft.id, TODAY, frozenset({warning.value.name}))
    assert posted.tax == Money.of("27.00")


def test_the_invoice_that_tryton_drafts_for_an_order_names_the_offer(erp, books, buyer, tryton):
    bolts = erp.products.by_codes(["HB-M8X40-A2"])["HB-M8X40-A2"]
    quantity = Quantity(amount=Decimal(10), unit=bolts.unit)
    line = OfferDraftLine(product=bolts.id, quantity=quantity, unit_price=Money.of("0.50"))
    offer = erp.offers.create("invoiced by itself", buyer.id, [line])
    erp.offers.order(erp.offers.send(offer.id).id)
    found = tryton.get("sale.sale", number_in(offer.id), ["invoices"])["invoices"]

    (invoice,) = [books.get(f"invoice:{number}") for number in found]

    assert (invoice.origin, invoice.key, invoice.net) == (offer.id, "", Money.of("5.00"))
    assert [told.text for told in invoice.lines] == [bolts.name]
    assert books.find("invoiced by itself") is None


def test_any_key_is_found_again(books, buyer, posted):
    keys = [f"{turn} {key}" for turn, key in enumerate(["a ", "two\nlines", '"quoted"'])]
    keys += [f" {key}" for key in keys]

    for key in keys:
        draft = books.draft(key, buyer.id, [work()], on=TODAY)
        assert (draft.key, books.find(key)) == (key, draft)
    invoice = posted()
    for key in keys:
        payment = books.pay(key, invoice.id, Money.of(1), on=TODAY)
        reminder = books.remind(key, invoice.id, invoice.due + dt.timedelta(days=1))
        assert (payment.key, books.find_payment(key)) == (key, payment)
        assert (reminder.key, books.find_reminder(key)) == (key, reminder)
