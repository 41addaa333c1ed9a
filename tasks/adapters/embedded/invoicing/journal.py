"""The general ledger: entries that balance, each posted once and never changed.

An entry stands for a document and a purpose, such as `delivery:7` and `shipped`: posted again
with the same lines it stays as it is. What was wrong is reversed by another entry.

The functions write in the caller's transaction, so a document and its entry are kept together.
Only the stock book posts to the stock account: what it has to say of worth is said there.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, Select, insert, select

from tasks.accounting import AccountKind, Posting
from tasks.adapters.embedded.currency import money
from tasks.adapters.embedded.invoicing.journal_tables import accounts, entries, entry_lines
from tasks.adapters.embedded.sql.database import insert_new
from tasks.erp_errors import Conflict, NotFound
from tasks.values import CENT, Id


class Account(StrEnum):
    """What the company's chart, `accounts.csv`, has an account for."""

    STOCK = "stock"  #: materials and finished goods
    PRODUCTION = "production"  #: work in progress
    RECEIVABLE = "receivable"
    BANK = "bank"
    OPENING = "opening"  #: what there was on the first day, and nobody had booked
    PAYABLE = "payable"
    TAX = "tax"
    REVENUE = "revenue"
    COST_OF_SALES = "cost_of_sales"
    ROUNDING = "rounding"  #: what the worth of goods gains and loses by rounding
    SCRAP = "scrap"  #: what was made and is all thrown away
    LABOUR = "labour"
    PROJECTS = "projects"  #: what was bought for them


@dataclass(frozen=True)
class Line:
    """What an entry does to an account, in whole cents: above zero a debit, below a credit."""

    account: Account
    amount: Decimal
    text: str


def post(
    connection: Connection, document: Id, purpose: str, lines: Iterable[Line], *, on: dt.date
) -> None:
    """Write an entry; the same one again changes nothing, and lines of nothing are left out.

    Raises:
        ValueError: debit and credit differ, or an amount is finer than a cent.
        Conflict: this document and purpose are booked already, with other lines.
    """
    booked = [line for line in lines if line.amount]
    _check(booked, f"{document} {purpose!r}")
    if not booked:
        return
    number = insert_new(connection, entries, document=document, purpose=purpose, date=on)
    if number is not None:
        rows = [
            {"entry_id": number, "position": position, **vars(line)}
            for position, line in enumerate(booked, start=1)
        ]
        connection.execute(insert(entry_lines), rows)
    elif _lines(connection, document, purpose) != booked:
        raise Conflict(
            f"{document} is booked for {purpose!r} already, with other amounts: "
            "reverse that entry, or take another purpose"
        )


def reverse(connection: Connection, document: Id, purpose: str, *, on: dt.date) -> None:
    """Take an entry back by another one, whose purpose is `reversal of …`.

    Raises:
        NotFound: the document is not booked for this purpose.
    """
    lines = _lines(connection, document, purpose)
    if not lines:
        raise NotFound(f"{document} is not booked for {purpose!r}: there is nothing to reverse")
    turned = [Line(line.account, -line.amount, f"reversal: {line.text}") for line in lines]
    post(connection, document, f"reversal of {purpose}", turned, on=on)


def postings(connection: Connection, document: Id) -> list[Posting]:
    """Return what a document did to the accounts, in the order it happened."""
    query = _booked().where(entries.c.document == document)
    return [_posting(row) for row in connection.execute(query)]


def all_postings(connection: Connection) -> list[Posting]:
    """Return the whole ledger, in the order it was written."""
    return [_posting(row) for row in connection.execute(_booked())]


def balance(connection: Connection, account: Account) -> Decimal:
    """Return debit less credit of one account."""
    query = select(entry_lines.c.amount).where(entry_lines.c.account == account)
    # Added up here: SQLite keeps an amount as text, and SUM would make it a float.
    return sum(connection.scalars(query), Decimal("0.00"))


def _check(lines: Sequence[Line], entry: str) -> None:
    if sum(line.amount for line in lines):
        raise ValueError(f"the entry of {entry} does not balance: {lines}")
    fine = next((line for line in lines if line.amount != line.amount.quantize(CENT)), None)
    if fine is not None:
        raise ValueError(f"the entry of {entry} has {fine.amount}: round it to cents first")


def _lines(connection: Connection, document: Id, purpose: str) -> list[Line]:
    query = (
        select(entry_lines.c.account, entry_lines.c.amount, entry_lines.c.text)
        .join(entries, entries.c.id == entry_lines.c.entry_id)
        .where(entries.c.document == document, entries.c.purpose == purpose)
        .order_by(entry_lines.c.position)
    )
    return [Line(Account(row.account), row.amount, row.text) for row in connection.execute(query)]


def _booked() -> Select[Any]:
    return (
        select(entries, accounts.c.code, accounts.c.kind, entry_lines.c.amount, entry_lines.c.text)
        .join(entry_lines, entry_lines.c.entry_id == entries.c.id)
        .join(accounts, accounts.c.use == entry_lines.c.account)
        .order_by(entries.c.id, entry_lines.c.position)
    )


def _posting(row: Row[Any]) -> Posting:
    nothing = Decimal("0.00")
    return Posting(
        date=row.date,
        account=row.code,
        kind=AccountKind(row.kind),
        text=row.text,
        debit=money(max(row.amount, nothing)),
        credit=money(max(-row.amount, nothing)),
        document=row.document,
    )
