"""Receivables: invoices, what is paid on them, and what both do to the books."""

import datetime as dt
from decimal import Decimal

import pytest

from tasks.accounting import AccountKind, balance, is_balanced
from tasks.billing.contracts import Invoice, InvoiceDraftLine, InvoiceState
from tasks.erp_errors import Confirm, NotFound, Rejected
from tasks.values import Money, Quantity

TODAY = dt.datetime.now(dt.UTC).date()
LONG_AGO = TODAY - dt.timedelta(days=60)
NOTHING = Money.of("0.00")


@pytest.fixture
def books(real_erp):
    return real_erp.receivables


@pytest.fixture
def customer(real_erp):
    return real_erp.customers.by_name("Lahden Konepaja Oy")[0]


def work(amount="2", price="100.00", rate="25.5", text="Consulting"):
    quantity = Quantity(amount=Decimal(amount), unit="h")
    return InvoiceDraftLine(
        text=text, quantity=quantity, unit_price=Money.of(price), tax_rate=Decimal(rate)
    )


@pytest.fixture
def draft(books, customer):
    """`draft(key="a", line, …)`: a draft of today, of 251.00 with tax unless lines are given."""

    def write(*lines, key="a", on=TODAY):
        return books.draft(key, customer.id, lines or [work()], on=on)

    return write


@pytest.fixture
def posted(books, draft):
    """`posted(key="a", on=TODAY)`: a posted invoice, whatever the ERP warns of."""

    def post(*lines, key="a", on=TODAY):
        return accepting(books, draft(*lines, key=key, on=on).id, on)

    return post


def accepting(books, invoice, on):
    accept: frozenset[str] = frozenset()
    for _ in range(3):  # no more than there are warnings
        try:
            return books.post(invoice, on, accept)
        except Confirm as warning:
            accept |= {warning.name}
    return books.post(invoice, on, accept)


def test_a_draft_keeps_what_it_was_made_of(real_erp, books, customer):
    product = real_erp.products.by_codes(["HB-M8X40-A2"])["HB-M8X40-A2"]
    bolts = InvoiceDraftLine(
        text="Bolts",
        quantity=Quantity(amount=Decimal(250), unit=product.unit),
        unit_price=Money.of("0.3774"),
        tax_rate=Decimal("25.5"),
        product=product.id,
    )

    invoice = books.draft("a", customer.id, [bolts, work()], on=TODAY, origin="offer:1")

    assert (invoice.key, invoice.customer, invoice.origin) == ("a", customer.id, "offer:1")
    assert (invoice.state, invoice.number, invoice.due) == (InvoiceState.DRAFT, "", None)
    assert [line.amount for line in invoice.lines] == [Money.of("94.35"), Money.of("200.00")]
    assert [(line.text, line.product) for line in invoice.lines] == [
        ("Bolts", product.id),
        ("Consulting", None),
    ]
    assert (invoice.net, invoice.open) == (Money.of("294.35"), NOTHING)


def test_an_invoice_is_read_back_and_travels_as_json(books, draft):
    invoice = draft()

    assert books.get(invoice.id) == books.find("a") == invoice
    assert Invoice.model_validate_json(invoice.model_dump_json()) == invoice


def test_a_key_makes_one_invoice(books, customer, draft):
    first = draft()

    assert books.draft("a", customer.id, [work("7")], on=LONG_AGO) == first
    assert draft(key="b").id != first.id
    assert books.find("c") is None


def test_tax_is_rounded_once_for_each_rate(draft):
    thrice = [work("1", "0.10")] * 3  # 0.0255 each: rounded apart they would be 0.09

    invoice = draft(*thrice, work("1", "10.00", "13.5"), work("1", "1.00", "0"))

    assert (invoice.net, invoice.tax) == (Money.of("11.30"), Money.of("1.43"))
    assert invoice.total == Money.of("12.73")


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (work(text=" "), "has no text"),
        (work("0"), "more than nothing"),
        (work("-1"), "more than nothing"),
        (work("0.001"), "at most 2 decimals"),
        (work(price="-1.00"), "no unit price"),
        (work(price="1.00001"), "at most 4 decimals"),
        (work(rate="24"), "no rate here"),
        (work().model_copy(update={"unit_price": Money.of(1, "SEK")}), "sells in EUR"),
        (
            work().model_copy(update={"quantity": Quantity(amount=Decimal(1), unit="furlong")}),
            "no unit here",
        ),
    ],
)
def test_a_line_the_erp_does_not_take_is_refused_and_leaves_nothing(books, draft, line, sentence):
    with pytest.raises(Rejected, match=sentence):
        draft(line)

    assert books.find("a") is None


def test_an_invoice_without_lines_is_refused(books, customer):
    with pytest.raises(Rejected, match="without lines"):
        books.draft("a", customer.id, [], on=TODAY)


def test_what_nobody_has_is_said_back(books, customer):
    lost = work().model_copy(update={"product": "product:999999"})
    with pytest.raises(NotFound, match="'customer:999999'"):
        books.draft("a", "customer:999999", [work()], on=TODAY)
    with pytest.raises(NotFound, match="'product:999999'"):
        books.draft("a", customer.id, [lost], on=TODAY)
    with pytest.raises(NotFound, match="'customer:999999'"):
        books.open_items(TODAY, "customer:999999")
    for call in (
        books.get,
        lambda invoice: books.post(invoice, TODAY),
        books.cancel,
        lambda invoice: books.credit("k", invoice, TODAY),
        lambda invoice: books.pay("k", invoice, Money.of(1), on=TODAY),
        lambda invoice: books.remind("k", invoice, TODAY),
        books.postings,
    ):
        with pytest.raises(NotFound, match="'invoice:999999'"):
            call("invoice:999999")


def test_a_posted_invoice_has_number_and_due_date_and_is_open(books, draft):
    invoice = books.post(draft().id, TODAY)

    assert invoice.state == InvoiceState.POSTED
    assert invoice.number
    assert invoice.date == TODAY < invoice.due
    assert invoice.open == invoice.total == Money.of("251.00")
    assert books.get(invoice.id) == invoice


def test_posting_books_what_is_owed_against_revenue_and_tax(books, draft, posted):
    assert books.postings(draft(key="draft").id) == []

    invoice = posted(work(), work("1", "10.00", "13.5"))

    postings = books.postings(invoice.id)
    assert balance(postings, AccountKind.RECEIVABLE) == invoice.total == Money.of("262.35")
    assert balance(postings, AccountKind.REVENUE) == Money.of("-210.00")
    assert balance(postings, AccountKind.TAX) == Money.of("-52.35")
    assert is_balanced(postings)
    assert {(p.document, p.date) for p in postings} == {(invoice.id, TODAY)}


def test_a_posted_invoice_stays_and_is_booked_once(books, posted):
    invoice = posted()
    before = books.postings(invoice.id)

    assert books.post(invoice.id, TODAY + dt.timedelta(days=9)) == invoice
    assert books.postings(invoice.id) == before


def test_numbers_follow_each_other_whatever_is_refused_between(books, draft, posted):
    first = posted()
    books.cancel(draft(key="b").id)
    with pytest.raises(Rejected):
        books.post(books.find("b").id, TODAY)
    second = posted(key="c")

    assert int(second.number[-5:]) == int(first.number[-5:]) + 1


def test_numbers_follow_dates(books, draft, posted):
    last = posted()
    earlier = draft(key="b").id
    yesterday = last.date - dt.timedelta(days=1)

    if yesterday.year != last.date.year:
        pytest.skip("the years have each a series of their own, and this one began today")
    with pytest.raises(Rejected, match=last.number):
        books.post(earlier, yesterday)

    assert books.get(earlier).state == InvoiceState.DRAFT
    assert books.post(earlier, last.date).state == InvoiceState.POSTED


def test_a_due_date_in_the_past_must_be_accepted_by_name(books, draft):
    invoice = draft().id

    with pytest.raises(Confirm) as warning:
        books.post(invoice, LONG_AGO)
    with pytest.raises(Confirm):
        books.post(invoice, LONG_AGO, frozenset({"something else"}))

    assert books.get(invoice).state == InvoiceState.DRAFT
    posted = books.post(invoice, LONG_AGO, frozenset({warning.value.name}))
    assert (posted.state, posted.date) == (InvoiceState.POSTED, LONG_AGO)
    assert posted.due < TODAY


def test_a_date_in_the_future_must_be_accepted_by_name(books, draft):
    invoice = draft().id

    with pytest.raises(Confirm):
        books.post(invoice, TODAY + dt.timedelta(days=30))


def test_a_draft_can_be_cancelled_and_is_not_posted_any_more(books, draft):
    invoice = draft().id

    assert books.cancel(invoice).state == InvoiceState.CANCELLED
    assert books.cancel(invoice).state == InvoiceState.CANCELLED
    with pytest.raises(Rejected, match="cancelled"):
        books.post(invoice, TODAY)


def test_what_is_in_the_books_is_not_cancelled(books, posted):
    invoice = posted()

    with pytest.raises(Rejected, match=f"{invoice.number} is posted and cannot be cancelled"):
        books.cancel(invoice.id)
    books.pay("p", invoice.id, invoice.total, on=TODAY)
    with pytest.raises(Rejected, match=f"{invoice.number} is paid and cannot be cancelled"):
        books.cancel(invoice.id)


def test_a_credit_note_takes_an_invoice_back(books, posted):
    invoice = posted(work(), work("3", "0.35", "13.5"))

    note = books.credit("c", invoice.id, TODAY)

    assert note.credits == invoice.id
    assert (note.net, note.tax, note.total) == tuple(
        amount * -1 for amount in (invoice.net, invoice.tax, invoice.total)
    )
    assert int(note.number[-5:]) == int(invoice.number[-5:]) + 1
    assert books.get(invoice.id).state == InvoiceState.CANCELLED
    assert books.get(invoice.id).open == note.open == NOTHING
    assert books.open_items(TODAY) == []
    both = [*books.postings(invoice.id), *books.postings(note.id)]
    for kind in (AccountKind.RECEIVABLE, AccountKind.REVENUE, AccountKind.TAX):
        assert balance(both, kind) == NOTHING
    assert is_balanced(books.postings(note.id))


def test_a_key_credits_once_and_is_found(books, posted):
    invoice = posted()
    note = books.credit("c", invoice.id, TODAY)

    assert books.credit("c", invoice.id, TODAY) == books.find("c") == books.get(note.id) == note
    with pytest.raises(Rejected, match=f"{invoice.number} is cancelled"):
        books.credit("another", invoice.id, TODAY)


def test_only_what_is_posted_and_unpaid_is_credited(books, draft, posted):
    paid_on, note = posted(key="a"), books.credit("c", posted(key="b").id, TODAY)
    books.pay("p", paid_on.id, Money.of("1.00"), on=TODAY)

    with pytest.raises(Rejected, match="is draft"):
        books.credit("d", draft(key="e").id, TODAY)
    with pytest.raises(Rejected, match="credit note"):
        books.credit("d", note.id, TODAY)
    with pytest.raises(Rejected, match=r"250.00 EUR of 251.00 EUR open"):
        books.credit("d", paid_on.id, TODAY)
    assert books.find("d") is None


def test_a_key_that_drafted_an_invoice_credits_none(books, draft, posted):
    invoice = posted()
    draft(key="b")

    with pytest.raises(Rejected, match="'b'"):
        books.credit("b", invoice.id, TODAY)

    assert books.get(invoice.id).state == InvoiceState.POSTED


def test_an_invoice_is_paid_once_nothing_is_open(books, posted):
    invoice = posted()

    part = books.pay("p", invoice.id, Money.of("100.50"), on=TODAY)
    assert (part.invoice, part.amount, part.on) == (invoice.id, Money.of("100.50"), TODAY)
    assert books.get(invoice.id).state == InvoiceState.POSTED
    assert books.get(invoice.id).open == Money.of("150.50")

    books.pay("q", invoice.id, Money.of("150.50"), on=TODAY)
    assert books.get(invoice.id).state == InvoiceState.PAID
    assert books.get(invoice.id).open == NOTHING

    postings = books.postings(invoice.id)
    assert balance(postings, AccountKind.BANK) == invoice.total
    assert balance(postings, AccountKind.RECEIVABLE) == NOTHING
    assert is_balanced(postings)


def test_a_key_pays_once_and_is_found(books, posted):
    invoice = posted()
    payment = books.pay("p", invoice.id, Money.of("1.00"), on=TODAY)

    assert books.pay("p", invoice.id, Money.of("9.00"), on=TODAY) == payment
    assert books.find_payment("p") == payment
    assert books.find_payment("q") is None
    assert books.get(invoice.id).open == Money.of("250.00")


@pytest.mark.parametrize(
    "amount",
    [NOTHING, Money.of("-1.00"), Money.of("251.01"), Money.of("0.001"), Money.of("1.00", "SEK")],
)
def test_what_cannot_be_paid_is_refused_and_books_nothing(books, posted, amount):
    invoice = posted()
    before = books.postings(invoice.id)

    with pytest.raises(Rejected, match=invoice.number):
        books.pay("p", invoice.id, amount, on=TODAY)

    assert books.postings(invoice.id) == before
    assert books.find_payment("p") is None


def test_only_a_posted_invoice_is_paid(books, draft, posted):
    paid = posted()
    books.pay("p", paid.id, paid.total, on=TODAY)

    for invoice in (draft(key="b"), paid):
        with pytest.raises(Rejected, match="only posted invoices are paid"):
            books.pay("q", invoice.id, Money.of("1.00"), on=TODAY)


def test_open_items_are_what_was_posted_until_a_day_by_due_date(real_erp, books, draft, posted):
    late = posted(key="late", on=LONG_AGO)
    part = posted(key="part")
    draft(key="draft")
    paid = posted(key="paid")
    books.pay("p", part.id, Money.of("51.00"), on=TODAY)
    books.pay("q", paid.id, paid.total, on=TODAY)
    other = real_erp.customers.by_name("Koskisen")[0].id

    items = books.open_items(TODAY)

    assert [(item.invoice, item.number, item.due) for item in items] == [
        (invoice.id, invoice.number, invoice.due) for invoice in (late, part)
    ]
    assert [str(item.open) for item in items] == ["251.00 EUR", "200.00 EUR"]
    assert [item.reminders for item in items] == [0, 0]
    assert books.open_items(LONG_AGO) == items[:1]
    assert books.open_items(TODAY, late.customer) == items
    assert books.open_items(TODAY, other) == []


def test_we_ask_again_and_again_for_what_is_overdue(books, posted):
    late = posted(on=LONG_AGO)

    first = books.remind("r", late.id, TODAY)
    second = books.remind("s", late.id, TODAY)

    assert (first.invoice, first.level, first.on) == (late.id, 1, TODAY)
    assert second.level == 2
    assert books.remind("r", late.id, TODAY) == books.find_reminder("r") == first
    assert books.find_reminder("t") is None
    assert [item.reminders for item in books.open_items(TODAY)] == [2]


def test_what_is_not_overdue_is_not_asked_for(books, draft, posted):
    late, paid = posted(on=LONG_AGO), posted(key="b", on=LONG_AGO)
    books.pay("p", paid.id, paid.total, on=TODAY)

    with pytest.raises(Rejected, match=f"due on {late.due}"):
        books.remind("r", late.id, late.due)
    for invoice in (paid, draft(key="c")):
        with pytest.raises(Rejected, match="nothing open"):
            books.remind("r", invoice.id, TODAY)
    assert books.find_reminder("r") is None
