"""The catalogue of the embedded ERP."""

from collections.abc import Iterable

from sqlalchemy import func, select

from tasks.adapters.embedded.sales.maps import PRODUCTS
from tasks.adapters.embedded.sales.tables import products, units
from tasks.adapters.embedded.sql.database import Database
from tasks.adapters.embedded.sql.records import read
from tasks.adapters.ids import no_such, number_of
from tasks.values import Id, Product

_PRODUCTS = select(products, units.c.digits).join(units, units.c.code == products.c.unit)


class Products:
    """A `ProductRepository`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, product: Id) -> Product:
        """Return one product."""
        query = _PRODUCTS.where(products.c.id == number_of("product", product))
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            raise no_such("product", product)
        return read(PRODUCTS, row)

    def by_codes(self, codes: Iterable[str]) -> dict[str, Product]:
        """Return the products that have these very codes."""
        query = _PRODUCTS.where(products.c.code.in_(sorted(set(codes))))
        with self._database.reading() as connection:
            return {row.code: read(PRODUCTS, row) for row in connection.execute(query)}

    def catalogue(self, after: str = "", limit: int = 500) -> list[Product]:
        """Return the next page in the order of the codes."""
        code = products.c.code
        query = _PRODUCTS.where(code > after).order_by(code).limit(limit)
        with self._database.reading() as connection:
            return [read(PRODUCTS, row) for row in connection.execute(query)]

    def catalogue_version(self) -> str:
        """Return how many products there are and when one last changed, as Tryton can."""
        query = select(func.count(), func.max(products.c.changed_at)).select_from(products)
        with self._database.reading() as connection:
            count, changed_at = connection.execute(query).one()
        return f"{count}@{changed_at.isoformat() if changed_at else 'never'}"
