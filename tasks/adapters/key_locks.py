"""One at a time for each key, where an ERP lets two records have the same reference.

    with locks.held("mail-1"):
        found = find("mail-1") or create("mail-1")

Where the ledger is in PostgreSQL, all workers meet in its advisory locks; one on SQLite has its
workers on one machine, and they meet in files of its home. A lock goes with the process that held
it, with the database that gave it, and with a block that ends.
"""

import hashlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection, Engine, create_engine, make_url, text
from sqlalchemy.exc import OperationalError

from orchestrator.environment import one_at_a_time
from orchestrator.settings import Settings
from tasks.erp_errors import Busy, Unavailable

#: keys share so many files: two that meet in one wait for each other, and that is all
_FILES = 256
#: longer than an ERP takes to find and create
_LOCK_SECONDS = 60
_LOCK_NOT_AVAILABLE = "55P03"


class KeyLocks(Protocol):
    """Locks by key, of all the processes that reach one ERP."""

    def held(self, key: str) -> AbstractContextManager[None]:
        """Hold a key's lock in a block; a process holds one at a time.

        Raises:
            Busy: somebody else has held it for a minute.
            Unavailable: the locks cannot be reached.
        """
        ...


def key_locks(scope: str) -> KeyLocks:
    """Return the locks that the settings' ledger gives.

    Args:
        scope: what the keys are of, such as the address of an ERP.
    """
    settings = Settings()
    if settings.ledger_url.startswith("postgresql"):
        return PostgresLocks(settings.ledger_url, scope)
    return FileLocks(settings.home.resolve() / "erp-locks", scope)


class FileLocks:
    """`KeyLocks` of one machine; whoever waits for one waits until it is free."""

    def __init__(self, folder: Path, scope: str) -> None:
        self._folder = folder
        self._scope = scope

    @contextmanager
    def held(self, key: str) -> Iterator[None]:
        """Hold a key's lock in a block."""
        file = self._folder / f"{_number(self._scope, key) % _FILES:02x}"
        with one_at_a_time(file, tell=_wait_in_silence):
            yield


class PostgresLocks:
    """`KeyLocks` of all that share a database."""

    def __init__(self, url: str, scope: str) -> None:
        self._url = make_url(url).set(drivername="postgresql+psycopg")
        self._scope = scope

    @contextmanager
    def held(self, key: str) -> Iterator[None]:
        """Hold a key's lock in a block."""
        lock = text("SELECT pg_advisory_xact_lock(:number)")
        with ExitStack() as block:
            try:
                connection = block.enter_context(self._engine.connect())
                connection.execute(lock, {"number": _number(self._scope, key)})
            except OperationalError as error:
                raise _refusal(key, error) from error
            block.callback(_let_go, connection)
            yield

    @cached_property
    def _engine(self) -> Engine:
        options = f"-c lock_timeout={_LOCK_SECONDS}s"
        return create_engine(self._url, pool_pre_ping=True, connect_args={"options": options})


def _let_go(connection: Connection) -> None:
    # A database that went away has let go of the lock already; what the block did is done.
    with suppress(OperationalError):
        connection.rollback()


def _refusal(key: str, error: OperationalError) -> Busy | Unavailable:
    if getattr(error.orig, "sqlstate", None) == _LOCK_NOT_AVAILABLE:
        return Busy(f"somebody else has held the key {key!r} for {_LOCK_SECONDS} s")
    return Unavailable(f"the lock of the key {key!r} cannot be had: {error.orig}")


def _wait_in_silence() -> None:
    """Say nothing: somebody else has the lock, and will soon be done."""


def _number(scope: str, key: str) -> int:
    """Return 63 bits of a digest, which PostgreSQL's bigint holds."""
    digest = hashlib.blake2b(f"{scope}\n{key}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1
