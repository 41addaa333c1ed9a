"""How Tryton is reached."""

from tasks.adapters.erp import ERP, missing
from tasks.adapters.key_locks import key_locks
from tasks.adapters.tryton.address import Address
from tasks.adapters.tryton.books import Books
from tasks.adapters.tryton.connection import Tryton
from tasks.adapters.tryton.invoicing.receivables import Receivables
from tasks.adapters.tryton.production.boms import Boms
from tasks.adapters.tryton.production.costing import Costs
from tasks.adapters.tryton.production.production_orders import Orders
from tasks.adapters.tryton.production.quality import Checks
from tasks.adapters.tryton.production.work_centres import WorkCentres
from tasks.adapters.tryton.sales.customers import Customers
from tasks.adapters.tryton.sales.documents import Archive
from tasks.adapters.tryton.sales.handovers import HandoverPile
from tasks.adapters.tryton.sales.labour_rates import Rates
from tasks.adapters.tryton.sales.offers import Offers
from tasks.adapters.tryton.sales.people import People
from tasks.adapters.tryton.sales.pricing import Pricing
from tasks.adapters.tryton.sales.products import Products
from tasks.adapters.tryton.stock.ledger import Stock
from tasks.adapters.tryton.stock.moves import StockMoves
from tasks.adapters.tryton.stock.procurement import Requests


def connect(url: str) -> ERP:
    """Return the ERP at this address; nothing is sent before the first question.

    Args:
        url: `http://user:password@host:8000/database`, see `Address`.

    Raises:
        ConfigurationError: the address is wrong, or there is no password.
    """
    address = Address.parse(url)
    tryton = Tryton(address)
    books = Books(tryton, key_locks(str(address)))
    return ERP(
        # billing
        customers=Customers(books),
        pricing=Pricing(books),
        offers=Offers(books),
        receivables=Receivables(books),
        # inventory
        products=Products(books),
        stock=Stock(books),
        stock_moves=StockMoves(books),
        boms=Boms(books),
        production_orders=Orders(books),
        procurement=Requests(books),
        quality=Checks(books),
        costing=Costs(books),
        # scheduling
        people=People(books),
        labour_rates=Rates(books),
        work_centres=WorkCentres(books),
        projects=missing("projects", adapter="tryton"),
        timesheets=missing("timesheets", adapter="tryton"),
        budgets=missing("budgets", adapter="tryton"),
        # messaging
        handovers=HandoverPile(books),
        inbox=missing("inbox", adapter="tryton"),
        messages=missing("messages", adapter="tryton"),
        tickets=missing("tickets", adapter="tryton"),
        knowledge=missing("knowledge", adapter="tryton"),
        documents=Archive(books),
        close=tryton.close,
    )
