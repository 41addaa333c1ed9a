"""Who fills a step's `Provided[…]` parameters: the ERP that `ERP_URL` names.

One connection a process: it is opened when the first step asks for something, which
is after the pool has forked.
"""

from functools import cache

from orchestrator.declare import provides
from tasks.adapters.erp import ERP
from tasks.adapters.factory import ERPFactory
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


@cache
def _erp() -> ERP:
    return ERPFactory().connect()


@provides(CustomerRepository)
def customers() -> CustomerRepository:
    """Return the companies we know."""
    return _erp().customers


@provides(PricingService)
def pricing() -> PricingService:
    """Return what customers pay."""
    return _erp().pricing


@provides(OfferRepository)
def offers() -> OfferRepository:
    """Return the offers."""
    return _erp().offers


@provides(Receivables)
def receivables() -> Receivables:
    """Return what customers owe us."""
    return _erp().receivables


@provides(ProductRepository)
def products() -> ProductRepository:
    """Return what we sell."""
    return _erp().products


@provides(StockLedger)
def stock() -> StockLedger:
    """Return how much there is."""
    return _erp().stock


@provides(StockMoves)
def stock_moves() -> StockMoves:
    """Return what moves the stock."""
    return _erp().stock_moves


@provides(BillOfMaterials)
def boms() -> BillOfMaterials:
    """Return what products are made of."""
    return _erp().boms


@provides(ProductionOrders)
def production_orders() -> ProductionOrders:
    """Return what is made here."""
    return _erp().production_orders


@provides(Procurement)
def procurement() -> Procurement:
    """Return what has to be bought."""
    return _erp().procurement


@provides(QualityChecks)
def quality() -> QualityChecks:
    """Return the quality gates."""
    return _erp().quality


@provides(Costing)
def costing() -> Costing:
    """Return what making goods costs."""
    return _erp().costing


@provides(PersonRepository)
def people() -> PersonRepository:
    """Return who works here."""
    return _erp().people


@provides(LabourRates)
def labour_rates() -> LabourRates:
    """Return what people cost."""
    return _erp().labour_rates


@provides(WorkCentreSchedule)
def work_centres() -> WorkCentreSchedule:
    """Return the plan of the shop floor."""
    return _erp().work_centres


@provides(Projects)
def projects() -> Projects:
    """Return the projects."""
    return _erp().projects


@provides(Timesheets)
def timesheets() -> Timesheets:
    """Return who worked on what."""
    return _erp().timesheets


@provides(Budgets)
def budgets() -> Budgets:
    """Return what projects may cost."""
    return _erp().budgets


@provides(Handovers)
def handovers() -> Handovers:
    """Return the mails that wait for a person."""
    return _erp().handovers


@provides(Inbox)
def inbox() -> Inbox:
    """Return the mailbox that customers write to."""
    return _erp().inbox


@provides(Messages)
def messages() -> Messages:
    """Return the way out."""
    return _erp().messages


@provides(Tickets)
def tickets() -> Tickets:
    """Return the service desk's tickets."""
    return _erp().tickets


@provides(KnowledgeBase)
def knowledge() -> KnowledgeBase:
    """Return what we have answered before."""
    return _erp().knowledge


@provides(Documents)
def documents() -> Documents:
    """Return the archive."""
    return _erp().documents
