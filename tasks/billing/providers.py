"""What billing's steps need to know beforehand: the customers that a mail points at."""

import re
from dataclasses import dataclass, field

from tasks.billing.contracts import CustomerRepository
from tasks.quotation import Company
from tasks.values import Customer

_LEGAL_FORM = re.compile(
    r"\b(oy ab|oyj|oy|ab|a/s|as|aps|oü|sia|uab|ky|tmi|gmbh & co\.? kg|gmbh|mbh|ag|kg|ohg|ltd"
    r"|limited|plc|llp|llc|inc|corp|b\.?v|n\.?v|s\.?a|sarl)\b\.?",
    re.IGNORECASE,
)
#: Shorter words are in half of all names.
_TELLING_WORD = 4


@dataclass(frozen=True)
class Pointers:
    """The customers each clue of a mail points at, the surest clue first."""

    by_email: tuple[Customer, ...] = ()
    by_vat: tuple[Customer, ...] = ()
    by_domain: tuple[Customer, ...] = ()
    #: those whose names share a word with a name in the mail
    by_name: tuple[Customer, ...] = field(default=())


class CustomerProvider:
    """Asks the ERP for everybody a mail may be from."""

    def __init__(self, customers: CustomerRepository) -> None:
        self._customers = customers

    def pointers(self, company: Company) -> Pointers:
        """Return whom each clue points at."""
        find = self._customers
        return Pointers(
            by_email=tuple(find.by_email(company.email)) if company.email else (),
            by_vat=tuple(find.by_vat(company.vat)) if company.vat else (),
            by_domain=tuple(find.by_domain(company.domain)) if company.domain else (),
            by_name=self._named(company.names),
        )

    def _named(self, names: tuple[str, ...]) -> tuple[Customer, ...]:
        words = {word for name in names for word in core_name(name).split()}
        telling = sorted(word for word in words if len(word) >= _TELLING_WORD)
        found = [customer for word in telling for customer in self._customers.by_name(word)]
        return tuple({customer.id: customer for customer in found}.values())


def core_name(name: str) -> str:
    """Return a company's name without its legal form, lower case.

    >>> core_name("Virtanen Pumput Oy")
    'virtanen pumput'
    """
    return " ".join(_LEGAL_FORM.sub(" ", name.lower()).replace(",", " ").split())
