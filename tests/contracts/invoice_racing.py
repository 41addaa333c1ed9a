"""What several processes do to one set of books in the race tests; spawned, so a module."""

import datetime as dt
from contextlib import closing
from decimal import Decimal

from tasks.adapters import ERP, ERPFactory
from tasks.billing.contracts import Invoice, InvoiceDraftLine
from tasks.erp_errors import Rejected
from tasks.values import Money, Quantity
from tests.contracts.racing import patiently

TODAY = dt.datetime.now(dt.UTC).date()


def draft(erp: ERP, key: str) -> Invoice:
    """Draft an invoice over 100.40 with tax."""
    hour = Quantity(amount=Decimal(1), unit="h")
    line = InvoiceDraftLine(
        text="Work", quantity=hour, unit_price=Money.of(80), tax_rate=Decimal("25.5")
    )
    customer = erp.customers.by_name("Lahden")[0].id
    return patiently(erp.receivables.draft, key, customer, [line], on=TODAY)


def storm(racer: int, url: str, rounds: int) -> list[str]:
    """Draft, post, pay, credit and cancel for a while; return the numbers that were given."""
    numbers = []
    with closing(ERPFactory(url=url).connect()) as erp:
        books = erp.receivables
        for turn in range(rounds):
            invoice = draft(erp, f"{racer}-{turn}")
            if turn % 4 == 3:
                patiently(books.cancel, invoice.id)
                continue
            # The same invoice of everybody: all pay on it, and only so much is open.
            _pay_on(erp, "shared", f"{racer}-{turn}")
            invoice = patiently(books.post, invoice.id, TODAY)
            numbers.append(invoice.number)
            if turn % 4 == 0:
                patiently(books.pay, f"half {invoice.id}", invoice.id, Money.of(50), on=TODAY)
            if turn % 4 == 1:
                note = patiently(books.credit, f"credit {invoice.id}", invoice.id, TODAY)
                numbers.append(note.number)
    return numbers


def use_shared_keys(_racer: int, url: str, paid: str, credited: str) -> tuple[str, str, str]:
    """Draft, pay and credit by the keys that everybody uses; return what each key made."""
    with closing(ERPFactory(url=url).connect()) as erp:
        books = erp.receivables
        payment = patiently(books.pay, "payment", paid, Money.of(9), on=TODAY)
        note = patiently(books.credit, "credit", credited, TODAY)
        return draft(erp, "draft").id, payment.id, note.id


def pay_and_credit(racer: int, url: str, invoice: str) -> bool:
    """Credit an invoice, or pay it, according to who asks; tell whether it was done."""
    with closing(ERPFactory(url=url).connect()) as erp:
        books = erp.receivables
        try:
            if racer % 2:
                patiently(books.credit, f"{racer}", invoice, TODAY)
            else:
                patiently(books.pay, f"{racer}", invoice, Money.of("100.40"), on=TODAY)
        except Rejected:
            return False
        return True


def _pay_on(erp: ERP, key: str, payment: str) -> None:
    shared = erp.receivables.find(key)
    assert shared is not None
    try:
        patiently(erp.receivables.pay, payment, shared.id, Money.of(9), on=TODAY)
    except Rejected:
        assert erp.receivables.get(shared.id).open.amount < 9
