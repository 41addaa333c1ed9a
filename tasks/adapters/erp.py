"""What an adapter gives: one object for each role an ERP plays for us."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

from orchestrator.errors import ConfigurationError
from tasks.billing.contracts import (
    CustomerRepository,
    OfferRepository,
    PricingService,
    Receivables,
)
from tasks.inventory.contracts import (
    BillOfMaterials,
    Costing,
    Procurement,
    ProductionOrders,
    ProductRepository,
    QualityChecks,
    StockLedger,
    StockMoves,
)
from tasks.messaging.contracts import (
    Documents,
    Handovers,
    Inbox,
    KnowledgeBase,
    Messages,
    Tickets,
)
from tasks.scheduling.contracts import (
    Budgets,
    LabourRates,
    PersonRepository,
    Projects,
    Timesheets,
    WorkCentreSchedule,
)


@dataclass(frozen=True, kw_only=True)
class ERP:
    """An ERP, connected; a role that it does not play is a `missing` one."""

    # billing
    customers: CustomerRepository
    pricing: PricingService
    offers: OfferRepository
    receivables: Receivables

    # inventory
    products: ProductRepository
    stock: StockLedger
    stock_moves: StockMoves
    boms: BillOfMaterials
    production_orders: ProductionOrders
    procurement: Procurement
    quality: QualityChecks
    costing: Costing

    # scheduling
    people: PersonRepository
    labour_rates: LabourRates
    work_centres: WorkCentreSchedule
    projects: Projects
    timesheets: Timesheets
    budgets: Budgets

    # messaging
    handovers: Handovers
    inbox: Inbox
    messages: Messages
    tickets: Tickets
    knowledge: KnowledgeBase
    documents: Documents

    #: give the connections back; whoever connected may call it, nobody must
    close: Callable[[], None]


class MissingRole:
    """Stands where an adapter has nothing to offer, and says so when it is used.

    An ERP without a service desk still runs the offers: only the step that wants a ticket fails.
    """

    def __init__(self, role: str, adapter: str) -> None:
        self._role = role
        self._adapter = adapter

    def __getattr__(self, name: str) -> NoReturn:
        """Refuse whatever is asked of the role.

        Raises:
            ConfigurationError: always, but for Python's own names, which the role has not.
        """
        if name.startswith("__"):
            raise AttributeError(name)
        raise ConfigurationError(
            f"the ERP adapter {self._adapter!r} has no {self._role}, and {name!r} was asked of it: "
            "let ERP_URL name an adapter that has it"
        )


def missing(role: str, adapter: str) -> Any:
    """Return what stands for a role that an adapter does not play.

    Args:
        role: the attribute of `ERP`.

    Returns:
        A `MissingRole`; Any, since it stands for each Protocol and keeps none.
    """
    return MissingRole(role.replace("_", " "), adapter)
