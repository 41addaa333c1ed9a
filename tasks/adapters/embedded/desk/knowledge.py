"""The knowledge base of the embedded ERP."""

import hashlib

from sqlalchemy import select

from tasks.adapters.embedded.desk.maps import ARTICLES
from tasks.adapters.embedded.desk.tables import articles
from tasks.adapters.embedded.sql.database import Database
from tasks.adapters.embedded.sql.records import read, row_of
from tasks.adapters.ids import number_of
from tasks.messaging.contracts import Article
from tasks.values import Id

_KIND = "article"


class Knowledge:
    """A `KnowledgeBase`; people write its articles in the table `erp_article`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def articles(self, after: Id = "", limit: int = 500) -> list[Article]:
        """Return the next page, in the order of the ids."""
        last = number_of(_KIND, after) if after else 0
        query = select(articles).where(articles.c.id > last).order_by(articles.c.id).limit(limit)
        with self._database.reading() as connection:
            return [read(ARTICLES, row) for row in connection.execute(query)]

    def get(self, article: Id) -> Article:
        """Return one article."""
        with self._database.reading() as connection:
            return read(ARTICLES, row_of(connection, articles, _KIND, article))

    def version(self) -> str:
        """Return a digest of all that the articles say.

        Whatever writes into the table changes it, and need not know that it does; a company's few
        hundred articles are read in milliseconds.
        """
        digest = hashlib.sha256()
        with self._database.reading() as connection:
            for row in connection.execute(select(articles).order_by(articles.c.id)):
                digest.update(repr(tuple(row)).encode())
        return digest.hexdigest()
