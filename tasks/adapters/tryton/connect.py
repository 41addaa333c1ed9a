"""How Tryton is reached."""

from tasks.adapters.erp import ERP, missing
from tasks.adapters.key_locks import key_locks
from tasks.adapters.tryton.address import Address
from tasks.adapters.tryton.books import Books
from tasks.adapters.tryton.connection import Tryton


def connect(url: str) -> ERP:
    """Return the ERP at this address; nothing is sent before the first question.

    Args:
        url: `http://user:password@host:8000/database`, see `Address`.

    Raises:
        ConfigurationError: the address is wrong, or there is no password.
    """
    address = Address.parse(url)
    tryton = Tryton(address)
    books = Books(tryton, key_locks(str(address)))  # noqa: F841 (the roles come next)
    return ERP(
        # billing
        customers=missing("customers", adapter="tryton"),
        pricing=missing("pricing", adapter="tryton"),
        offers=missing("offers", adapter="tryton"),
        receivables=missing("receivables", adapter="tryton"),
        # inventory
        products=missing("products", adapter="tryton"),
        stock=missing("stock", adapter="tryton"),
        stock_moves=missing("stock_moves", adapter="tryton"),
        boms=missing("boms", adapter="tryton"),
        production_orders=missing("production_orders", adapter="tryton"),
        procurement=missing("procurement", adapter="tryton"),
        quality=missing("quality", adapter="tryton"),
        costing=missing("costing", adapter="tryton"),
        # scheduling
        people=missing("people", adapter="tryton"),
        labour_rates=missing("labour_rates", adapter="tryton"),
        work_centres=missing("work_centres", adapter="tryton"),
        projects=missing("projects", adapter="tryton"),
        timesheets=missing("timesheets", adapter="tryton"),
        budgets=missing("budgets", adapter="tryton"),
        # messaging
        handovers=missing("handovers", adapter="tryton"),
        inbox=missing("inbox", adapter="tryton"),
        messages=missing("messages", adapter="tryton"),
        tickets=missing("tickets", adapter="tryton"),
        knowledge=missing("knowledge", adapter="tryton"),
        documents=missing("documents", adapter="tryton"),
        close=tryton.close,
    )
