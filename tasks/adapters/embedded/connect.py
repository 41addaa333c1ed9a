"""How the embedded ERP is reached."""

from pathlib import Path

from sqlalchemy.engine import make_url

from tasks.adapters.embedded.desk.inbox import Mailbox
from tasks.adapters.embedded.desk.knowledge import Knowledge
from tasks.adapters.embedded.desk.messages import MessageSink
from tasks.adapters.embedded.desk.tickets import TicketDesk
from tasks.adapters.embedded.invoicing.receivables import Receivables
from tasks.adapters.embedded.production.boms import Boms
from tasks.adapters.embedded.production.costing import Costs
from tasks.adapters.embedded.production.flows import planned_flows
from tasks.adapters.embedded.production.labour_rates import Rates
from tasks.adapters.embedded.production.orders import Orders
from tasks.adapters.embedded.production.quality import Checks
from tasks.adapters.embedded.production.work_centres import WorkCentres
from tasks.adapters.embedded.projects.budgets import Budgets
from tasks.adapters.embedded.projects.projects import Projects
from tasks.adapters.embedded.projects.timesheets import Timesheets
from tasks.adapters.embedded.sales.customers import Customers
from tasks.adapters.embedded.sales.documents import Archive
from tasks.adapters.embedded.sales.handovers import HandoverPile
from tasks.adapters.embedded.sales.offers import Offers
from tasks.adapters.embedded.sales.people import People
from tasks.adapters.embedded.sales.pricing import Pricing
from tasks.adapters.embedded.sales.products import Products
from tasks.adapters.embedded.seed.company import prepare
from tasks.adapters.embedded.sql.database import Database
from tasks.adapters.embedded.stock.ledger import Stock
from tasks.adapters.embedded.stock.moves import StockMoves
from tasks.adapters.embedded.stock.procurement import Requests
from tasks.adapters.erp import ERP


def connect(url: str) -> ERP:
    """Return the ERP in this database, which is made ready if it is new.

    Args:
        url: SQLAlchemy's, `sqlite:///erp.db` or `postgresql+psycopg://…`.
    """
    _make_folder(url)
    database = Database(url)
    prepare(database)
    return ERP(
        # billing
        customers=Customers(database),
        pricing=Pricing(database),
        offers=Offers(database),
        receivables=Receivables(database),
        # inventory
        products=Products(database),
        stock=Stock(database),
        stock_moves=StockMoves(database, plans=[planned_flows]),
        boms=Boms(database),
        production_orders=Orders(database),
        procurement=Requests(database),
        quality=Checks(database),
        costing=Costs(database),
        # scheduling
        people=People(database),
        labour_rates=Rates(database),
        work_centres=WorkCentres(database),
        projects=Projects(database),
        timesheets=Timesheets(database),
        budgets=Budgets(database),
        # messaging
        handovers=HandoverPile(database),
        inbox=Mailbox(database),
        messages=MessageSink(database),
        tickets=TicketDesk(database),
        knowledge=Knowledge(database),
        documents=Archive(database),
        close=database.close,
    )


def _make_folder(url: str) -> None:
    # sqlite3 makes the file, not the folder it lies in.
    address = make_url(url)
    if address.get_backend_name() == "sqlite" and address.database:
        Path(address.database).parent.mkdir(parents=True, exist_ok=True)
