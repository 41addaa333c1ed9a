"""What the accounts of a company in Tryton are for, whatever their numbers.

Tryton knows a few kinds by the type of an account; the others are told by who books on it: what a
payment method books on is a bank, what a tax is booked on is tax, and so on.
"""

from collections.abc import Iterable
from functools import cached_property

from tasks.accounting import AccountKind
from tasks.adapters.tryton.connection import Tryton
from tasks.adapters.tryton.wire import Record

#: what a type of accounts says of itself
_TYPES = {
    "receivable": AccountKind.RECEIVABLE,
    "payable": AccountKind.PAYABLE,
    "revenue": AccountKind.REVENUE,
}
#: who books on an account: the model, its fields, and what the account is for then
_BOOKING = (
    ("account.invoice.payment.method", ("debit_account", "credit_account"), AccountKind.BANK),
    ("account.tax", ("invoice_account", "credit_note_account"), AccountKind.TAX),
    ("product.category", ("account_stock",), AccountKind.STOCK),
    ("product.category", ("account_stock_out",), AccountKind.COST_OF_SALES),
)


class Chart:
    """The kinds of accounts; who books on them is asked once."""

    def __init__(self, tryton: Tryton) -> None:
        self._tryton = tryton

    def kind_of(self, account: Record) -> AccountKind:
        """Return what an account is for.

        Args:
            account: with its `id`, and under `type.` what `TYPE_FIELDS` names.
        """
        told = account.get("type.") or {}
        of_type = next((kind for name, kind in _TYPES.items() if told.get(name)), AccountKind.OTHER)
        return self._booked_on.get(account["id"], of_type)

    @cached_property
    def _booked_on(self) -> dict[int, AccountKind]:
        return {
            row[field]: kind
            for model, fields, kind in _BOOKING
            for row in self._tryton.search_read(model, [], fields)
            for field in fields
            if row[field]
        }


def type_fields(prefix: str) -> Iterable[str]:
    """Return what has to be read of an account under `prefix`, such as `account.`."""
    return [f"{prefix}type.{name}" for name in _TYPES]
