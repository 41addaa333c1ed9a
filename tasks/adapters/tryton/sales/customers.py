"""The customers in Tryton: its parties, without our own people and those that only sell to us."""

from collections.abc import Iterator

from tasks.adapters.ids import no_such, number_of
from tasks.adapters.tryton.books import Books
from tasks.adapters.tryton.connection import Domain
from tasks.adapters.tryton.records import pattern, read
from tasks.adapters.tryton.sales.maps import CUSTOMERS
from tasks.adapters.tryton.wire import Record
from tasks.values import Customer, Id

#: with what is kept of a party in records of their own
_ASKED = [
    *CUSTOMERS.asked,
    "contact_mechanisms.type",
    "contact_mechanisms.value",
    "identifiers.type",
    "identifiers.code",
]
#: kinds of identifiers that are VAT numbers; Tryton checks a number that has a kind
_VAT = (None, "eu_vat")
#: whoever has terms as a supplier and none as a customer
_ONLY_SELLS = [("supplier_payment_term", "!=", None), ("customer_payment_term", "=", None)]


class Customers:
    """A `CustomerRepository`; in the order of Tryton, which puts a shorter code first."""

    def __init__(self, books: Books) -> None:
        self._books = books

    def get(self, customer: Id) -> Customer:
        """Return one customer."""
        found = self._where([("id", "=", number_of("customer", customer))])
        if not found:
            raise no_such("customer", customer)
        return found[0]

    def by_email(self, email: str) -> list[Customer]:
        """Return those with this very address."""
        address = email.strip().lower()
        return self._where(_with_contact("email", pattern(address)))

    def by_domain(self, domain: str) -> list[Customer]:
        """Return those that have this domain as their website, or an address in it."""
        name = domain.strip().lower()
        found = self._where(
            [
                "OR",
                _with_contact("website", f"%{pattern(name)}%"),
                _with_contact("email", f"%@{pattern(name)}"),
            ]
        )
        ends = f"@{name}"
        return [c for c in found if name in c.domains or any(e.endswith(ends) for e in c.emails)]

    def by_name(self, text: str, limit: int = 20) -> list[Customer]:
        """Return those whose name holds the text."""
        return self._where([("name", "ilike", f"%{pattern(text.strip())}%")], limit=limit)

    def by_vat(self, vat: str) -> list[Customer]:
        """Return those with this VAT number."""
        plain = _plain(vat)
        if not plain:
            return []
        # Whatever stands between the characters; what else that finds is left out below.
        found = self._where([("identifiers.code", "ilike", "%".join(plain))])
        return [customer for customer in found if customer.vat == plain]

    def _where(self, condition: Domain, *, limit: int | None = None) -> list[Customer]:
        found = self._books.tryton.search_read(
            CUSTOMERS.record,
            [
                condition,
                ("id", "not in", self._ours()),
                ("payment_terms", "not where", _ONLY_SELLS),
            ],
            _ASKED,
            limit=limit,
            order=[("code", "ASC")],
        )
        return [_customer(row) for row in found]

    def _ours(self) -> list[int]:
        """Return the parties that are the company and its people."""
        tryton = self._books.tryton
        people = tryton.search_read(
            "company.employee", [], ["party", "company.party"], context={"active_test": False}
        )
        return sorted({n for row in people for n in (row["party"], row["company."]["party"])})


def _with_contact(kind: str, value: str) -> list[object]:
    same = [("type", "=", kind), ("value", "ilike", value)]
    return [("contact_mechanisms", "where", same)]


def _customer(row: Record) -> Customer:
    contacts = row["contact_mechanisms."]
    emails = (c["value"].lower() for c in contacts if c["type"] == "email")
    vats = (i["code"] for i in row["identifiers."] if i["type"] in _VAT)
    return read(
        CUSTOMERS,
        row,
        emails=tuple(emails),
        domains=tuple(_domains(contacts)),
        vat=_plain(next(vats, "")),
    )


def _domains(contacts: list[Record]) -> Iterator[str]:
    """Give the hosts of the websites, as they stand behind the `@` of an address."""
    for contact in contacts:
        if contact["type"] == "website":
            _, _, behind = contact["value"].lower().rpartition("://")
            yield behind.partition("/")[0].partition(":")[0].removeprefix("www.")


def _plain(vat: str) -> str:
    return "".join(c for c in vat if c.isalnum()).upper()
