"""Who buys from us."""

from typing import Protocol

from tasks.values import Customer, Id

__all__ = ["CustomerRepository"]


class CustomerRepository(Protocol):
    """The companies we know; each search returns all that fit, by code."""

    def get(self, customer: Id) -> Customer:
        """Return one customer.

        Raises:
            NotFound: no customer has this id.
        """
        ...

    def by_email(self, email: str) -> list[Customer]:
        """Return those with this very address; case does not matter."""
        ...

    def by_domain(self, domain: str) -> list[Customer]:
        """Return those that own this e-mail domain, or an address in it."""
        ...

    def by_name(self, text: str, limit: int = 20) -> list[Customer]:
        """Return those whose name holds the text; case does not matter, wildcards mean nothing."""
        ...

    def by_vat(self, vat: str) -> list[Customer]:
        """Return those with this VAT number; blanks, dots and hyphens do not matter."""
        ...
