"""The steps of scheduling: who answers for an offer."""

from orchestrator import Attempt, Provided, task
from tasks.scheduling.contracts import PersonRepository
from tasks.scheduling.providers import SellerProvider
from tasks.values import Customer, Person


@task("scheduling.find_salesperson")
def find_salesperson(
    customer: Customer, people: Provided[PersonRepository], attempt: Attempt
) -> Person | None:
    """Return who looks after the customer, else who stands in; an offer can do without."""
    sellers = SellerProvider(people)
    seller = sellers.seller_of(customer.id)
    if seller is not None:
        return seller
    seller = sellers.stand_in()
    stand_in = f"{seller.name} stands in" if seller else "the offer names nobody"
    attempt.warn(f"nobody looks after {customer.name}: {stand_in}")
    return seller
