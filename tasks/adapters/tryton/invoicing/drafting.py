"""What a new invoice says: its customer's terms, and lines with their accounts and taxes.

Tryton books each line on an account, which its product has or the company, and knows taxes by
themselves and not by their rates: a line gets the tax of that rate, its product's own before any.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from decimal import Decimal

from tasks.adapters.ids import number_of
from tasks.adapters.rules.invoices import check_lines
from tasks.adapters.tryton import forms
from tasks.adapters.tryton.books import Books
from tasks.adapters.tryton.invoicing.maps import MODEL
from tasks.adapters.tryton.records import existing
from tasks.adapters.tryton.sales.articles import articles
from tasks.adapters.tryton.sales.taxes import percent_of, taxes_of
from tasks.adapters.tryton.wire import Record, float_of
from tasks.billing.contracts import InvoiceDraftLine
from tasks.values import Id

_HEAD = ("company", "type", "party", "currency", "invoice_address", "payment_term", "account")


class Drafts:
    """Writes what `create` takes for an invoice."""

    def __init__(self, books: Books) -> None:
        self._books = books

    def of(self, customer: Id, lines: Sequence[InvoiceDraftLine], on: dt.date) -> Record:
        """Return a new invoice, without our key.

        Raises:
            NotFound: no customer or product has this id.
            Rejected: there is no line, or a line the ERP does not take.
        """
        head = self._head(customer)
        rates = self._rates()
        self._check(lines, head, rates.values())
        products = {line.product: self._product(line.product, head) for line in lines}
        made = [self._line(line, products[line.product], rates) for line in lines]
        kept = {name: head[name] for name in (*_HEAD, "journal") if name in head}
        return {**kept, "invoice_date": on, "lines": [("create", made)]}

    def _head(self, customer: Id) -> Record:
        tryton = self._books.tryton
        party = existing(tryton, "party.party", "customer", customer)
        begins = forms.defaults(tryton, MODEL, ["currency"])
        begins = {**begins, "company": self._books.company, "type": "out", "party": party}
        return forms.after_change(tryton, MODEL, begins, ["type", "party"])

    def _check(
        self, lines: Sequence[InvoiceDraftLine], head: Record, rates: Iterable[Decimal]
    ) -> None:
        tryton, named = self._books.tryton, {line.product for line in lines if line.product}
        units = tryton.search_read("product.uom", [], ["symbol", "digits"], order=[("id", "DESC")])
        check_lines(
            lines,
            articles=articles(tryton, named, prices={"currency": head["currency"]}),
            # Of two units with one symbol the older is meant, as everywhere.
            digits={unit["symbol"]: unit["digits"] for unit in units},
            rates=set(rates),
            currency=self._books.currencies[head["currency"]],
        )

    def _rates(self) -> dict[int, Decimal]:
        """Return the taxes that a line may have, and what percent they take."""
        domain = [("type", "=", "percentage"), ("parent", "=", None)]
        found = self._books.tryton.search_read(
            "account.tax", [*domain, ("company", "=", self._books.company)], ["rate"]
        )
        return {row["id"]: percent_of(row["rate"]) for row in sorted(found, key=lambda r: r["id"])}

    def _product(self, product: Id | None, head: Record) -> Record:
        """Return what Tryton fills in of a line of this product, or of none: account and taxes."""
        tryton = self._books.tryton
        if product is None:
            asked = ["default_category_account_revenue"]
            (settings,) = tryton.search_read("account.configuration", [], asked)
            return {"account": settings["default_category_account_revenue"]}
        line = {
            "type": "line",
            "product": number_of("product", product),
            "company": head["company"],
            "invoice": {name: head.get(name) for name in ("type", "party", "company")},
        }
        return forms.writable(tryton.call("model.account.invoice.line.on_change_product", line))

    def _line(self, line: InvoiceDraftLine, product: Record, rates: dict[int, Decimal]) -> Record:
        # A product's own tax before another of the same rate: Tryton warns of any other.
        known = [tax for tax in (*taxes_of(product), *rates) if rates.get(tax) == line.tax_rate]
        return {
            "type": "line",
            "description": line.text,
            "product": product.get("product"),
            "quantity": float_of(line.quantity.amount),
            "unit": self._books.units[line.quantity.unit],
            "unit_price": line.unit_price.amount,
            "account": product["account"],
            "taxes": [("add", known[:1])] if line.tax_rate else [],
        }
