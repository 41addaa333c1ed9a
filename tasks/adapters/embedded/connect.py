"""How the embedded ERP is reached."""

from pathlib import Path

from sqlalchemy.engine import make_url

from tasks.adapters.embedded.customers import Customers
from tasks.adapters.embedded.database import Database
from tasks.adapters.embedded.handovers import HandoverPile
from tasks.adapters.embedded.offers import Offers
from tasks.adapters.embedded.people import People
from tasks.adapters.embedded.pricing import Pricing
from tasks.adapters.embedded.products import Products
from tasks.adapters.embedded.seed import prepare
from tasks.adapters.embedded.stock import Stock
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
        customers=Customers(database),
        people=People(database),
        products=Products(database),
        pricing=Pricing(database),
        offers=Offers(database),
        stock=Stock(database),
        handovers=HandoverPile(database),
        close=database.close,
    )


def _make_folder(url: str) -> None:
    # sqlite3 makes the file, not the folder it lies in.
    address = make_url(url)
    if address.get_backend_name() == "sqlite" and address.database:
        Path(address.database).parent.mkdir(parents=True, exist_ok=True)
