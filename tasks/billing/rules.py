"""Decide who the customer is, what an offer comes to, and whether the ERP kept it so."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from tasks.billing.contracts import Offer, Price
from tasks.billing.drafts import OfferDraft
from tasks.billing.providers import Pointers, core_name
from tasks.quotation import Company, CustomerMatch
from tasks.values import Customer, Money, Quantity

#: Percent of letters two names must share, and by how much the best must lead.
LIKE_NAME = 90
NAME_MARGIN = 5


def choose_customer(company: Company, pointers: Pointers) -> CustomerMatch:
    """Return the customer that all clues agree on, or what to ask.

    An address can be forged and a group shares its domain, so a sure clue that points
    elsewhere is a question, however sure the others are.
    """
    named = best_named(company.names, pointers.by_name)
    sure = [clue for clue in (pointers.by_email, pointers.by_vat, named) if clue]
    broad = [clue for clue in (pointers.by_domain,) if clue]
    clues = [*sure, *broad]
    if not clues:
        return CustomerMatch(questions=(f"{_writer(company)} is no customer we know: who is it?",))
    agreed = [c for c in clues[0] if all(_holds(clue, c) for clue in clues)]
    if len(agreed) == 1:
        return CustomerMatch(customer=agreed[0])
    known = _names({c.id: c for clue in clues for c in clue}.values())
    problem = "may be more than one customer" if agreed else "points at customers that differ"
    return CustomerMatch(questions=(f"{_writer(company)} {problem}: which of {known}?",))


def best_named(names: Sequence[str], candidates: Sequence[Customer]) -> tuple[Customer, ...]:
    """Return the customers whose name one of the names is: one, or those too alike to part."""
    from rapidfuzz import fuzz  # noqa: PLC0415  # slow to import, needed here only

    scored = [
        (max(fuzz.token_sort_ratio(core_name(n), core_name(c.name)) for n in names), c)
        for c in candidates
        if names
    ]
    best = max((score for score, _ in scored), default=0.0)
    if best < LIKE_NAME:
        return ()
    return tuple(customer for score, customer in scored if score > best - NAME_MARGIN)


def total_of(prices: Iterable[Price]) -> tuple[Money, Money]:
    """Return net and tax.

    The tax of each rate is taken of its lines before they are rounded, and rounded once, as the
    ERPs do: of rounded lines it would drift by a cent on long offers.
    """
    nets, bases = [], dict[Decimal, Money]()
    for price in prices:
        nets.append(price.net)
        exact = price.unit_price * price.quantity.amount
        known = bases.get(price.tax_rate)
        bases[price.tax_rate] = exact if known is None else known + exact
    taxes = [(base * (rate / 100)).rounded() for rate, base in bases.items()]
    return sum(nets[1:], nets[0]), sum(taxes[1:], taxes[0])


def discrepancies(draft: OfferDraft, offer: Offer) -> list[str]:
    """Return what the ERP kept otherwise than we meant, each with both values."""
    found = [
        f"{what} is {kept} in the ERP, not {meant}"
        for what, kept, meant in (
            ("the customer", offer.customer, draft.customer),
            ("the number of lines", len(offer.lines), len(draft.lines)),
            ("net", offer.net, draft.net),
            ("tax", offer.tax, draft.tax),
            ("the total", offer.total, draft.total),
        )
        if kept != meant
    ]
    pairs = zip(offer.lines, draft.lines, strict=False)
    for number, (kept, meant) in enumerate(pairs, start=1):
        found += [
            f"{what} of line {number} is {a} in the ERP, not {b}"
            for what, a, b in (
                ("the product", kept.product, meant.product),
                ("the quantity", _plain(kept.quantity), _plain(meant.quantity)),
                ("the unit price", kept.unit_price, meant.unit_price),
            )
            if a != b
        ]
    return found


def _plain(quantity: Quantity) -> str:
    # 12 and 12.0 are one amount; `f` keeps 100 from becoming 1E+2.
    return f"{quantity.amount.normalize():f} {quantity.unit}"


def _holds(clue: Sequence[Customer], customer: Customer) -> bool:
    return any(other.id == customer.id for other in clue)


def _writer(company: Company) -> str:
    clues = [company.email, *company.names, company.vat]
    return "the sender " + ", ".join(repr(clue) for clue in clues if clue)


def _names(customers: Iterable[Customer]) -> str:
    return "; ".join(f"{customer.code} {customer.name!r}" for customer in customers)
