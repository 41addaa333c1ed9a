"""Who fills a step's `Provided[…]` parameters: the ERP that `ERP_URL` names.

One connection a process: it is opened when the first step asks for something, which
is after the pool has forked.
"""

from functools import cache

from orchestrator.declare import provides
from tasks.adapters.erp import ERP
from tasks.adapters.factory import ERPFactory
from tasks.billing.contracts import CustomerRepository, OfferRepository, PricingService
from tasks.inventory.contracts import ProductRepository, StockLedger
from tasks.messaging.contracts import Handovers
from tasks.scheduling.contracts import PersonRepository


@cache
def _erp() -> ERP:
    return ERPFactory().connect()


@provides(CustomerRepository)
def customers() -> CustomerRepository:
    """Return the companies we know."""
    return _erp().customers


@provides(PersonRepository)
def people() -> PersonRepository:
    """Return who works here."""
    return _erp().people


@provides(ProductRepository)
def products() -> ProductRepository:
    """Return what we sell."""
    return _erp().products


@provides(PricingService)
def pricing() -> PricingService:
    """Return what customers pay."""
    return _erp().pricing


@provides(OfferRepository)
def offers() -> OfferRepository:
    """Return the offers."""
    return _erp().offers


@provides(StockLedger)
def stock() -> StockLedger:
    """Return how much there is."""
    return _erp().stock


@provides(Handovers)
def handovers() -> Handovers:
    """Return the mails that wait for a person."""
    return _erp().handovers
