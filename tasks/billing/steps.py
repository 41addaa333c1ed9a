"""The steps of billing: who buys, at what price, and the offer."""

import datetime as dt

from orchestrator import Attempt, DoNotRetry, Provided, task
from tasks.billing import rules
from tasks.billing.contracts import (
    CustomerRepository,
    Offer,
    OfferDraftLine,
    OfferRepository,
    OfferState,
    PricingService,
)
from tasks.billing.drafts import OfferDraft, Pricing
from tasks.billing.providers import CustomerProvider
from tasks.quotation import Company, CustomerMatch, MatchedLine
from tasks.values import Customer, Person, Wanted


class OfferMismatch(DoNotRetry):
    """The ERP keeps another offer than we made; somebody must compare them."""


@task("billing.find_customer")
def find_customer(company: Company, customers: Provided[CustomerRepository]) -> CustomerMatch:
    """Return the customer that the mail's clues agree on, or what to ask."""
    return rules.choose_customer(company, CustomerProvider(customers).pointers(company))


@task("billing.calculate_pricing")
def calculate_pricing(
    customer: Customer,
    lines: tuple[MatchedLine, ...],
    pricing: Provided[PricingService],
    on: dt.date | None = None,
) -> Pricing:
    """Price each line for the customer; the day is today unless given."""
    wanted = [Wanted(product=line.product.id, quantity=line.quantity) for line in lines]
    prices = pricing.prices(customer.id, wanted, on or dt.datetime.now(dt.UTC).date())
    net, tax = rules.total_of(prices)
    return Pricing(prices=tuple(prices), net=net, tax=tax, total=net + tax)


@task("billing.build_offer")
def build_offer(
    key: str,
    customer: Customer,
    lines: tuple[MatchedLine, ...],
    pricing: Pricing,
    salesperson: Person | None = None,
    subject: str = "",
) -> OfferDraft:
    """Put together what the ERP is to keep; nothing is written yet."""
    return OfferDraft(
        key=key,
        customer=customer.id,
        salesperson=salesperson.id if salesperson else None,
        note=subject,
        lines=tuple(
            OfferDraftLine(
                product=price.product,
                quantity=price.quantity,
                unit_price=price.unit_price,
                text=line.product.name,
            )
            for line, price in zip(lines, pricing.prices, strict=True)
        ),
        net=pricing.net,
        tax=pricing.tax,
        total=pricing.total,
    )


@task("billing.create_offer")
def create_offer(draft: OfferDraft, offers: Provided[OfferRepository], attempt: Attempt) -> Offer:
    """Write the offer, or return the one that this mail made before."""
    earlier = offers.find(draft.key)
    if earlier is not None and attempt.number == 1:
        attempt.warn(f"offer {earlier.number} was made of this mail before: no second one is")
    return earlier or offers.create(
        draft.key,
        draft.customer,
        draft.lines,
        salesperson=draft.salesperson,
        note=draft.note,
    )


@task("billing.verify_offer")
def verify_offer(draft: OfferDraft, offer: Offer, offers: Provided[OfferRepository]) -> Offer:
    """Read the offer from the ERP again, and compare its lines and totals with ours.

    Raises:
        OfferMismatch: they differ, or the offer is cancelled.
    """
    kept = offers.get(offer.id)
    differences = rules.discrepancies(draft, kept)
    if kept.state is OfferState.CANCELLED:
        differences.append("it is cancelled")
    if differences:
        raise OfferMismatch(f"offer {kept.number} is not as it was made: {'; '.join(differences)}")
    return kept
