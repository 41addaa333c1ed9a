"""The general ledger of the embedded ERP: balanced, once for a purpose, never changed."""

import datetime as dt
from decimal import Decimal

import pytest

from tasks.accounting import AccountKind, is_balanced
from tasks.adapters.company.files import rows
from tasks.adapters.embedded.invoicing import journal
from tasks.adapters.embedded.invoicing.journal import Account, Line
from tasks.erp_errors import Conflict, NotFound

DAY = dt.date(2026, 3, 2)
NEXT_DAY = dt.date(2026, 3, 3)


def sale(amount="12.50"):
    return [
        Line(Account.RECEIVABLE, Decimal(amount), "bolts"),
        Line(Account.REVENUE, -Decimal(amount), "bolts"),
    ]


def post(database, lines, purpose="posted", on=DAY):
    with database.writing() as connection:
        journal.post(connection, "invoice:1", purpose, lines, on=on)


def read(database, document="invoice:1"):
    with database.reading() as connection:
        return journal.postings(connection, document)


def test_the_chart_has_an_account_for_every_use_and_kind():
    assert {row["use"] for row in rows("accounts")} == set(Account)
    assert {row["kind"] for row in rows("accounts")} == set(AccountKind)


def test_an_entry_is_read_back_line_by_line(database):
    post(database, sale())

    debit, credit = read(database)
    assert (debit.kind, debit.account, str(debit.debit)) == ("receivable", "1700", "12.50 EUR")
    assert (credit.kind, credit.account, str(credit.credit)) == ("revenue", "3000", "12.50 EUR")
    assert {(p.date, p.text, p.document) for p in (debit, credit)} == {(DAY, "bolts", "invoice:1")}


def test_entries_of_a_document_are_read_in_the_order_they_were_posted(database):
    post(database, sale("1.00"))
    post(database, sale("2.00"), purpose="more")

    assert [str(p.debit) for p in read(database)[::2]] == ["1.00 EUR", "2.00 EUR"]


def test_a_document_is_posted_once_for_a_purpose(database):
    post(database, sale())
    post(database, sale())

    assert len(read(database)) == 2


def test_other_amounts_for_the_same_purpose_are_a_conflict(database):
    post(database, sale())

    with pytest.raises(Conflict, match=r"invoice:1 is booked for 'posted' already"):
        post(database, sale("12.51"))

    assert len(read(database)) == 2


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ([Line(Account.BANK, Decimal(1), "half")], "does not balance"),
        (sale("0.005"), "round it to cents first"),
    ],
)
def test_an_entry_that_is_wrong_is_refused_and_leaves_nothing(database, lines, sentence):
    with pytest.raises(ValueError, match=sentence):
        post(database, lines)

    assert read(database) == []


def test_an_entry_of_nothing_is_none(database):
    post(database, sale("0.00"))

    assert read(database) == []


def test_a_reversed_entry_stays_and_comes_to_nothing(database):
    post(database, sale())

    with database.writing() as connection:
        journal.reverse(connection, "invoice:1", "posted", on=NEXT_DAY)
        journal.reverse(connection, "invoice:1", "posted", on=NEXT_DAY)

        assert journal.balance(connection, Account.RECEIVABLE) == 0
    assert [(p.date, p.text) for p in read(database)[::2]] == [
        (DAY, "bolts"),
        (NEXT_DAY, "reversal: bolts"),
    ]


def test_what_is_not_booked_cannot_be_reversed(database):
    with pytest.raises(NotFound, match="nothing to reverse"), database.writing() as connection:
        journal.reverse(connection, "invoice:1", "posted", on=DAY)


def test_the_books_of_a_new_company_balance(database):
    with database.reading() as connection:
        opening = journal.all_postings(connection)

    assert opening
    assert is_balanced(opening)
