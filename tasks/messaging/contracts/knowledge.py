"""The knowledge base: what we have answered before."""

from typing import Protocol

from tasks.values import Id, Value

__all__ = ["Article", "KnowledgeBase"]


class Article(Value):
    """Something worth knowing."""

    id: Id
    title: str
    text: str
    tags: frozenset[str] = frozenset()
    #: such as `en`
    language: str = "en"


class KnowledgeBase(Protocol):
    """The articles that help to answer a ticket."""

    def articles(self, after: Id = "", limit: int = 500) -> list[Article]:
        """Return the next page, those that follow the article `after`; from the first without."""
        ...

    def get(self, article: Id) -> Article:
        """Return one article.

        Raises:
            NotFound: no article has this id.
        """
        ...

    def version(self) -> str:
        """Return a word that changes when an article does, so that an index can be kept."""
        ...
