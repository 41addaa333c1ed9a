"""Lines of the general ledger: what a document did to the accounts, each line a debit or a credit.

Goods that are made and goods that are sold end up here, so what a rule computes can be
held against what the books say: a cost of sales is right when the postings say the same.
"""

import datetime as dt
from collections.abc import Iterable
from enum import StrEnum
from typing import Self

from pydantic import model_validator

from tasks.values import Id, Money, Value

__all__ = ["AccountKind", "Posting", "balance", "is_balanced"]


class AccountKind(StrEnum):
    """What an account is for, whatever its number in the company's chart."""

    RECEIVABLE = "receivable"  #: customers owe us
    PAYABLE = "payable"  #: we owe suppliers
    BANK = "bank"  #: bank and cash
    STOCK = "stock"  #: materials and finished goods
    PRODUCTION = "production"  #: work in progress
    REVENUE = "revenue"  #: what we sold
    COST_OF_SALES = "cost_of_sales"  #: what it cost to have it (COGS)
    LABOUR = "labour"  #: wages taken up by what was made
    TAX = "tax"  #: value added tax
    OTHER = "other"  #: all else


class Posting(Value):
    """One line of the general ledger."""

    date: dt.date
    #: as the chart of accounts numbers it
    account: str
    kind: AccountKind
    text: str
    debit: Money
    credit: Money
    #: the document that it stands for
    document: Id

    @model_validator(mode="after")
    def _one_side(self) -> Self:
        if self.debit.currency != self.credit.currency:
            raise ValueError(f"{self.debit} and {self.credit} have two currencies: post in one")
        if self.debit.amount and self.credit.amount:
            raise ValueError(
                f"a posting has {self.debit} debit and {self.credit} credit: make it two"
            )
        return self


def balance(postings: Iterable[Posting], kind: AccountKind, currency: str = "EUR") -> Money:
    """Return debit less credit of the accounts of one kind; zero without a posting."""
    total = Money.of(0, currency)
    for posting in postings:
        if posting.kind is kind:
            total = total + posting.debit - posting.credit
    return total


def is_balanced(postings: Iterable[Posting]) -> bool:
    """Tell whether debit and credit are the same, in each currency: the books always are."""
    sums: dict[str, Money] = {}
    for posting in postings:
        currency = posting.debit.currency
        sums[currency] = sums.get(currency, Money.of(0, currency)) + posting.debit - posting.credit
    return all(not total.amount for total in sums.values())
