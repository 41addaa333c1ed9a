"""What billing needs from the ERP: who buys, at what price, the offers, and what is owed.

Everything that creates takes the caller's `key`: calling it again with the same key returns
what the first call made, whatever else is passed.
"""

from tasks.billing.contracts.customers import CustomerRepository
from tasks.billing.contracts.invoices import (
    Invoice,
    InvoiceDraftLine,
    InvoiceLine,
    InvoiceState,
    OpenItem,
    Payment,
    Reminder,
)
from tasks.billing.contracts.offers import (
    Offer,
    OfferDraftLine,
    OfferLine,
    OfferRepository,
    OfferState,
)
from tasks.billing.contracts.pricing import Price, PricingService
from tasks.billing.contracts.receivables import Receivables
from tasks.values import Customer, Product, Wanted

__all__ = [
    "Customer",
    "CustomerRepository",
    "Invoice",
    "InvoiceDraftLine",
    "InvoiceLine",
    "InvoiceState",
    "Offer",
    "OfferDraftLine",
    "OfferLine",
    "OfferRepository",
    "OfferState",
    "OpenItem",
    "Payment",
    "Price",
    "PricingService",
    "Product",
    "Receivables",
    "Reminder",
    "Wanted",
]
