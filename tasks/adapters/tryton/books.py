"""What all roles on Tryton share: the connection, the key locks, and what never changes."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import cached_property
from typing import TypeVar

from tasks.adapters.key_locks import KeyLocks
from tasks.adapters.tryton.connection import Tryton
from tasks.values import Id

R = TypeVar("R")


class Books:
    """One company's books in one Tryton.

    Args:
        tryton: the connection.
        locks: by key, of everybody who writes to these books for us.
    """

    def __init__(self, tryton: Tryton, locks: KeyLocks) -> None:
        self.tryton = tryton
        self._locks = locks

    def once(
        self,
        key: str,
        find: Callable[[str], R | None],
        make: Callable[[], R],
        *,
        document: Id | None = None,
    ) -> R:
        """Return what a key made before; else make it, while nobody else can with this key.

        Tryton makes no reference unique, so whoever creates holds the key's lock.

        Args:
            document: what is made belongs to this document of ours: its lock is held instead, as
                by everybody who changes it.
        """
        found = find(key)
        if found is not None:
            return found
        with self.held(document or key):
            found = find(key)
            return make() if found is None else found

    def held(self, document: Id) -> AbstractContextManager[None]:
        """Hold a document's lock in a block, against our own processes; one holds one at a time.

        Tryton locks nothing between two calls. Whoever looks at a document to decide what may be
        done with it, and then does it, holds it meanwhile.
        """
        return self._locks.held(document)

    @cached_property
    def company(self) -> int:
        """The id of the company that the user works for."""
        return int(self.tryton.session.login.context["company"])

    @cached_property
    def units(self) -> dict[str, int]:
        """The ids of the units of measure, by the symbols that we write."""
        found = self.tryton.search_read("product.uom", [], ["symbol"], order=[("id", "ASC")])
        return {row["symbol"]: row["id"] for row in found}

    @cached_property
    def currencies(self) -> dict[int, str]:
        """The codes of the currencies, by their ids."""
        found = self.tryton.search_read("currency.currency", [], ["code"])
        return {row["id"]: row["code"] for row in found}
