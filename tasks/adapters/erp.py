"""What an adapter gives: one object for each role an ERP plays for us."""

from collections.abc import Callable
from dataclasses import dataclass

from tasks.billing.contracts import CustomerRepository, OfferRepository, PricingService
from tasks.inventory.contracts import ProductRepository, StockLedger
from tasks.messaging.contracts import Handovers
from tasks.scheduling.contracts import PersonRepository


@dataclass(frozen=True)
class ERP:
    """An ERP, connected."""

    customers: CustomerRepository
    people: PersonRepository
    products: ProductRepository
    pricing: PricingService
    offers: OfferRepository
    stock: StockLedger
    handovers: Handovers
    #: give the connections back; whoever connected may call it, nobody must
    close: Callable[[], None]
