"""A PostgreSQL server of our own for Tryton: reached by a socket in its folder, and by nobody else.

It has no port: whoever may open its folder is its superuser, and that is us. It holds copies of
things that are kept elsewhere, so it waits for no disk.
"""

import shutil
import signal
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from orchestrator.errors import Unavailable
from orchestrator.local.postgres import FAST, SUPERUSER, PostgresPrograms
from orchestrator.local.process import tail
from tasks.adapters.tryton.server.places import Postgres

START_SECONDS = 60
#: small, so that a cluster is copied quickly
_SEGMENT = ("--wal-segsize=4",)
_SETTINGS = (*FAST, "max_connections=200", "min_wal_size=8MB", "autovacuum=off")


@contextmanager
def own_postgres(
    cluster: Path | None = None, *, keep: Path | None = None, packages: Iterable[Path] = ()
) -> Iterator[Postgres]:
    """Run a server until the block ends; nothing of it stays.

    Args:
        cluster: it begins as a copy of this one; empty when absent.
        keep: where its cluster is put when the block ended well; nothing is there yet.
        packages: see `PostgresPrograms`.

    Raises:
        ConfigurationError: there are no server programs.
        Unavailable: the server does not start.
    """
    # Not under the home: that may be closed to the user the server runs as. A short name, as that
    # of a socket has at most 107 characters.
    with tempfile.TemporaryDirectory(prefix="erp-pg-", ignore_cleanup_errors=True) as made:
        folder = Path(made)
        programs = PostgresPrograms.reachable_from(folder, packages)
        if cluster is not None:
            shutil.copytree(cluster, folder / "data")
        programs.own(folder)
        if cluster is None:
            programs.initialise(folder / "data", *_SEGMENT)
        with _running(programs, folder) as server:
            yield server
        if keep is not None:
            shutil.copytree(folder / "data", keep)


@contextmanager
def _running(programs: PostgresPrograms, folder: Path) -> Iterator[Postgres]:
    process = programs.launch(folder / "data", ("-h", "", "-k", str(folder)), _SETTINGS)
    server = Postgres(f"postgresql://{SUPERUSER}@/?host={quote(str(folder), safe='')}")
    try:
        deadline = time.monotonic() + START_SECONDS
        while not server.answers():
            if process.poll() is not None or time.monotonic() > deadline:
                raise Unavailable(f"PostgreSQL does not start:\n{tail(folder / 'server.log')}")
            time.sleep(0.05)
        yield server
    finally:
        # With a checkpoint, and without those who are still connected.
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)
