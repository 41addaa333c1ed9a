"""The first start: tables, and the company that works with them.

Every process prepares the database before it uses it, so several may do so at once:
the first one takes the lock and the others find the work done. The data are loaded
once and belong to the ERP from then on; a newer set of files changes nothing here.
"""

import datetime as dt
from decimal import Decimal

from sqlalchemy import Connection, insert, select, text

from tasks.adapters.clock import utc_now
from tasks.adapters.company.costs import unit_costs
from tasks.adapters.company.files import rows
from tasks.adapters.embedded.desk.tables import articles
from tasks.adapters.embedded.invoicing.journal import Account
from tasks.adapters.embedded.invoicing.journal_tables import accounts
from tasks.adapters.embedded.sales import tables
from tasks.adapters.embedded.seed.desk import load_tickets
from tasks.adapters.embedded.seed.projects import load_projects
from tasks.adapters.embedded.seed.workshop import load_workshop
from tasks.adapters.embedded.sql import schema
from tasks.adapters.embedded.sql.codes import numbers_by_code
from tasks.adapters.embedded.sql.database import Database
from tasks.adapters.embedded.stock import book as stock_book
from tasks.adapters.embedded.stock.book import Goods, Occasion

#: any number, the same in every process
_PREPARATION_LOCK = 7_206_381

#: files whose columns are their table's
_AS_THEY_ARE = (
    (tables.units, "units"),
    (tables.taxes, "taxes"),
    (tables.price_lists, "price_lists"),
    (tables.people, "people"),
    (accounts, "accounts"),
    (articles, "articles"),
)


def prepare(database: Database) -> None:
    """Make the tables and load the company, unless that is done.

    Raises:
        ConfigurationError: another version of this ERP made the tables.
    """
    with database.reading() as connection:
        if _is_prepared(connection):
            return
    with database.writing() as connection:
        if connection.dialect.name == "postgresql":
            lock = text("SELECT pg_advisory_xact_lock(:number)")
            connection.execute(lock, {"number": _PREPARATION_LOCK})
        if not _is_prepared(connection):
            schema.make_tables(connection)
            _load_company(connection, utc_now())


def _is_prepared(connection: Connection) -> bool:
    if not schema.has_tables(connection):
        return False
    loaded = select(tables.meta.c.value).where(tables.meta.c.name == "company")
    return connection.execute(loaded).one_or_none() is not None


def _load_company(connection: Connection, now: dt.datetime) -> None:
    for table, name in _AS_THEY_ARE:
        connection.execute(insert(table), rows(name))
    _load_products(connection, now)
    _load_price_rules(connection)
    _load_customers(connection)
    load_workshop(connection)
    load_tickets(connection, now)
    load_projects(connection, now)
    connection.execute(insert(tables.meta).values(name="company", value=now.isoformat()))


def _load_products(connection: Connection, now: dt.datetime) -> None:
    """Put the products on empty shelves, and then what there is of them, so that it is booked."""
    costs = unit_costs()
    empty = {"on_hand": Decimal(0), "changed_at": now}
    goods = [{**row, **empty, "unit_cost": costs[row["code"]]} for row in rows("products")]
    connection.execute(insert(tables.products), goods)
    numbers = numbers_by_code(connection, tables.products)
    opening = Occasion("stock", "opening", Account.OPENING, now.date())
    counted = [
        Goods.at(numbers[row["code"]], row["on_hand"], costs[row["code"]])
        for row in rows("products")
        if row["on_hand"]
    ]
    stock_book.receive(connection, opening, counted)


def _load_price_rules(connection: Connection) -> None:
    products = numbers_by_code(connection, tables.products)
    rules = [
        {
            "price_list": row["price_list"],
            "product_id": products[row["product"]] if row["product"] else None,
            "category": row["category"] or None,
            "min_quantity": row["min_quantity"],
            "discount": row["discount"],
            "unit_price": row["unit_price"],
        }
        for row in rows("price_rules")
    ]
    connection.execute(insert(tables.price_rules), rules)


def _load_customers(connection: Connection) -> None:
    people = numbers_by_code(connection, tables.people)
    companies = rows("customers")
    connection.execute(
        insert(tables.customers),
        [
            {
                "code": row["code"],
                "name": row["name"],
                "folded_name": row["name"].casefold(),
                "vat": row["vat"],
                "price_list": row["price_list"] or None,
                "salesperson_id": people[row["salesperson"]] if row["salesperson"] else None,
            }
            for row in companies
        ],
    )
    numbers = numbers_by_code(connection, tables.customers)
    contacts = [
        {"customer_id": numbers[row["code"]], "kind": kind, "value": value}
        for row in companies
        for kind, column in (("email", "emails"), ("domain", "domains"))
        for value in row[column]
    ]
    connection.execute(insert(tables.contacts), contacts)
