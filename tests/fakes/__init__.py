"""Repositories in memory, for the unit tests of the steps.

Each keeps its Protocol's promises as far as a step can see them: unknown ids raise
`NotFound`, refused moves `Rejected`, the same key makes one record.
"""

from tests.fakes.sales import (
    NOW,
    STANDARD_TAX,
    TODAY,
    FakeCustomers,
    FakeHandovers,
    FakeOffers,
    FakePeople,
    FakePricing,
    FakeProducts,
    FakeStock,
)

__all__ = [
    "NOW",
    "STANDARD_TAX",
    "TODAY",
    "FakeCustomers",
    "FakeHandovers",
    "FakeOffers",
    "FakePeople",
    "FakePricing",
    "FakeProducts",
    "FakeStock",
]
