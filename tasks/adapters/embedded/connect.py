"""How the embedded ERP is reached."""

from pathlib import Path

from sqlalchemy.engine import make_url

from tasks.adapters.embedded.boms import Boms
from tasks.adapters.embedded.costing import Costs
from tasks.adapters.embedded.customers import Customers
from tasks.adapters.embedded.database import Database
from tasks.adapters.embedded.handovers import HandoverPile
from tasks.adapters.embedded.labour_rates import Rates
from tasks.adapters.embedded.offers import Offers
from tasks.adapters.embedded.people import People
from tasks.adapters.embedded.pricing import Pricing
from tasks.adapters.embedded.procurement import Requests
from tasks.adapters.embedded.production_flows import planned_flows
from tasks.adapters.embedded.production_orders import Orders
from tasks.adapters.embedded.products import Products
from tasks.adapters.embedded.quality import Checks
from tasks.adapters.embedded.seed import prepare
from tasks.adapters.embedded.stock import Stock
from tasks.adapters.embedded.stock_moves import StockMoves
from tasks.adapters.embedded.work_centres import WorkCentres
from tasks.adapters.erp import ERP, missing


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
        receivables=missing("receivables", adapter="embedded"),
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
        projects=missing("projects", adapter="embedded"),
        timesheets=missing("timesheets", adapter="embedded"),
        budgets=missing("budgets", adapter="embedded"),
        # messaging
        handovers=HandoverPile(database),
        inbox=missing("inbox", adapter="embedded"),
        messages=missing("messages", adapter="embedded"),
        tickets=missing("tickets", adapter="embedded"),
        knowledge=missing("knowledge", adapter="embedded"),
        documents=missing("documents", adapter="embedded"),
        close=database.close,
    )


def _make_folder(url: str) -> None:
    # sqlite3 makes the file, not the folder it lies in.
    address = make_url(url)
    if address.get_backend_name() == "sqlite" and address.database:
        Path(address.database).parent.mkdir(parents=True, exist_ok=True)
