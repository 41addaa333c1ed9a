"""The books: chart of accounts, years, taxes, what products are booked on, terms and payments."""

import datetime as dt

from tasks.adapters.company.files import rows
from tasks.adapters.tryton.connection import Tryton
from tasks.adapters.tryton.server.seed.lookup import ids_by, the_company
from tasks.adapters.tryton.wire import Record

#: codes of Tryton's universal chart
RECEIVABLE, PAYABLE, CASH, TAX = "1.2.1", "2.1.1", "1.1.1", "2.2.3"
GOODS, EXPENSE = "4.1.1", "5.1.1"
#: the stock, and what stands against it when goods come in
STOCK, STOCK_IN = "1.3.1", "5.1.5"
#: what stands against it when goods go out: none of the chart's own costs may
COST_OF_SALES = "5.2.1.1"
#: terms that everybody has who has none of their own
PAYMENT_DAYS = 14
#: after how many days which reminder is due
REMINDERS = (7, 21, 35)


def keep_books(tryton: Tryton) -> None:
    """Make all that invoices, payments and reminders are booked by."""
    company = the_company(tryton)
    _make_chart(tryton, company)
    _make_cost_of_sales(tryton, company)
    accounts = ids_by(tryton, "account.account", "code")
    this_year = dt.datetime.now(dt.UTC).year
    # A copy of the template is used into the next year; invoices of the last one are paid.
    for year in (this_year - 1, this_year, this_year + 1):
        _open_year(tryton, company, year)
    _make_taxes(tryton, company, accounts)
    _make_terms(tryton)
    _take_payments(tryton, company, accounts)
    _make_reminders(tryton)


def _make_chart(tryton: Tryton, company: int) -> None:
    template = tryton.only("account.account.template", [("parent", "=", None)])["id"]
    with tryton.wizard("account.create_chart") as wizard:
        wizard.go("account")
        wizard.go("create_account", company=company, account_template=template)
        accounts = ids_by(tryton, "account.account", "code")
        wizard.go(
            "create_properties",
            company=company,
            account_receivable=accounts[RECEIVABLE],
            account_payable=accounts[PAYABLE],
            category_account_expense=accounts[EXPENSE],
            category_account_revenue=accounts[GOODS],
        )


def _make_cost_of_sales(tryton: Tryton, company: int) -> None:
    above = tryton.only("account.account.type", [("name", "=", "Cost of Sales")])["id"]
    kind = {"name": "Cost of goods sold", "statement": "income", "stock": True}
    (made,) = tryton.create("account.account.type", [{**kind, "parent": above, "company": company}])
    account: Record = {"code": COST_OF_SALES, "name": "Cost of goods sold", "type": made}
    account["parent"] = tryton.only("account.account", [("code", "=", "5.2.0")])["id"]
    tryton.create("account.account", [{**account, "company": company}])


def _open_year(tryton: Tryton, company: int, year: int) -> None:
    invoices = _sequence(tryton, company, "Invoice", year)
    numbered = dict.fromkeys(
        (
            "out_invoice_sequence",
            "in_invoice_sequence",
            "out_credit_note_sequence",
            "in_credit_note_sequence",
        ),
        invoices,
    )
    (made,) = tryton.create(
        "account.fiscalyear",
        [
            {
                "name": str(year),
                "start_date": dt.date(year, 1, 1),
                "end_date": dt.date(year, 12, 31),
                "company": company,
                "move_sequence": _sequence(tryton, company, "Account Move", year),
                "invoice_sequences": [("create", [{"company": company, **numbered}])],
            }
        ],
    )
    tryton.press("account.fiscalyear", "create_period", [made])


def _sequence(tryton: Tryton, company: int, kind: str, year: int) -> int:
    sequence_type = tryton.only("ir.sequence.type", [("name", "=", kind)])["id"]
    sequence: Record = {
        "name": f"{kind} {year}",
        "sequence_type": sequence_type,
        "company": company,
        "prefix": f"{year}/",
        "padding": 5,
    }
    return tryton.create("ir.sequence.strict", [sequence])[0]


def _make_taxes(tryton: Tryton, company: int, accounts: dict[str, int]) -> None:
    """Make the taxes, and for each an accounting category that products of it are booked by."""
    taxes = tryton.create(
        "account.tax",
        [
            {
                "name": row["name"],
                "description": row["name"],
                "type": "percentage",
                "rate": row["rate"] / 100,
                "company": company,
                "invoice_account": accounts[TAX],
                "credit_note_account": accounts[TAX],
            }
            for row in rows("taxes")
        ],
    )
    tryton.create(
        "product.category",
        [
            {
                "name": row["code"],
                "accounting": True,
                "account_expense": accounts[EXPENSE],
                "account_revenue": accounts[GOODS],
                "account_stock": accounts[STOCK],
                "account_stock_in": accounts[STOCK_IN],
                "account_stock_out": accounts[COST_OF_SALES],
                "customer_taxes": [("add", [tax])],
            }
            for row, tax in zip(rows("taxes"), taxes, strict=True)
        ],
    )


def _make_terms(tryton: Tryton) -> None:
    days = sorted({PAYMENT_DAYS, *(row["payment_days"] for row in rows("suppliers"))})
    tryton.create("account.invoice.payment_term", [_term(number) for number in days])


def _term(days: int) -> Record:
    line = {"type": "remainder", "relativedeltas": [("create", [{"days": days}])]}
    return {"name": term_name(days), "lines": [("create", [line])]}


def term_name(days: int) -> str:
    """Return the name of the payment term of so many days."""
    return f"Net {days}"


def _take_payments(tryton: Tryton, company: int, accounts: dict[str, int]) -> None:
    journal = tryton.only("account.journal", [("type", "=", "cash")])["id"]
    method = {
        "name": "Bank",
        "company": company,
        "journal": journal,
        "credit_account": accounts[CASH],
        "debit_account": accounts[CASH],
    }
    tryton.create("account.invoice.payment.method", [method])


def _make_reminders(tryton: Tryton) -> None:
    levels = [
        {"sequence": number, "overdue": dt.timedelta(days=days)}
        for number, days in enumerate(REMINDERS, start=1)
    ]
    tryton.create(
        "account.dunning.procedure", [{"name": "Reminders", "levels": [("create", levels)]}]
    )
