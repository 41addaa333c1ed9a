"""What a start copies: Tryton with all its modules and the sample company, made once and kept.

    cache/
        venv-<digest>/               the installation
        postgresql-<digest>/         a template: `data`, a cluster with the database `erp`
        sqlite-<digest>/             the same as a file
            password                 of its user `admin`

The digest is of all that a template is made from, so a change of the company, of the seed or of
the requirements makes another one, and nobody uses an old one by mistake.
"""

import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from orchestrator.local.postgres import PostgresPrograms
from tasks.adapters.tryton.address import Address
from tasks.adapters.tryton.connection import Tryton
from tasks.adapters.tryton.server.installation import Installation
from tasks.adapters.tryton.server.own_postgres import own_postgres
from tasks.adapters.tryton.server.places import Place, Postgres, Sqlite
from tasks.adapters.tryton.server.programs import ADMIN, Programs, free_port, new_password
from tasks.adapters.tryton.server.seed import fill

#: the name of a template's database
DATABASE = "erp"
#: Tryton asks PostgreSQL for the foreign keys of each of its 300 tables, by views that join more
#: of the catalogue's tables than the planner usually brings into an order of its own. In the order
#: they are written in, such a question takes up to 11 s instead of 10 ms, and the whole 6 minutes.
_PLANNER = ("join_collapse_limit=10", "jit=off")

Tell = Callable[[str], None]


def cache_folder() -> Path:
    """Return where the templates of this user are kept, whatever is served from which home."""
    named = os.environ.get("TRYTON_CACHE")
    if named:
        return Path(named)
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "orchestrator" / "tryton"


@dataclass(frozen=True)
class Template:
    """A template that is there, or will be.

    Attributes:
        installation: of the Tryton that it is for.
        kind: `postgresql` or `sqlite`.
        folder: where it lies.
    """

    installation: Installation
    kind: str
    folder: Path

    @classmethod
    def of(cls, cache: Path, *, kind: str = "postgresql") -> "Template":
        """Return the template for the code, the company and the programs of now."""
        installation = Installation(cache)
        digest = hashlib.sha256(installation.digest.encode())
        for path in sorted(_sources()):
            digest.update(path.read_bytes())
        if kind == "postgresql":
            # A cluster is of one version of PostgreSQL only.
            digest.update(_postgres_version(installation).encode())
        return cls(installation, kind, cache / f"{kind}-{digest.hexdigest()[:12]}")

    @property
    def is_made(self) -> bool:
        """Whether it can be copied."""
        return self.installation.is_made and (self.folder / "password").is_file()

    @property
    def password(self) -> str:
        """The password of the user `ADMIN` in each copy."""
        return (self.folder / "password").read_text()

    def provide(self, tell: Tell) -> None:
        """Make it, unless it is there; several that want it at once make it once.

        Raises:
            ConfigurationError: there is no PostgreSQL.
            Unavailable: a part of it failed; the message says which.
        """
        cache = self.folder.parent
        cache.mkdir(parents=True, exist_ok=True)
        with _locked(cache / "lock", tell):
            self.installation.provide(tell)
            if not self.is_made:
                shutil.rmtree(self.folder, ignore_errors=True)
                self._make(tell)

    def _make(self, tell: Tell) -> None:
        password = new_password()
        with tempfile.TemporaryDirectory(prefix="new-", dir=self.folder.parent) as made:
            folder = Path(made)
            if self.kind == "sqlite":
                build(self.installation, Sqlite(folder), DATABASE, password, tell)
            else:
                packages = self.installation.packages
                with own_postgres(keep=folder / "data", packages=packages) as server:
                    build(self.installation, server, DATABASE, password, tell)
            secret = folder / "password"
            secret.touch(0o600)
            secret.write_text(password)
            folder.rename(self.folder)
            folder.mkdir()  # for the end of the block to remove


def build(
    installation: Installation, place: Place, database: str, password: str, tell: Tell
) -> None:
    """Make a database with the company in it; one that failed half-way is removed.

    Args:
        installation: of Tryton.
        place: where.
        database: its name; nothing is there yet.
        password: its user `ADMIN` is to have.
        tell: told what is done next.

    Raises:
        Unavailable: a part of it failed; the message says which.
    """
    place.create(database)
    try:
        with tempfile.TemporaryDirectory(prefix="erp-") as folder:
            tell("setting up Tryton's database; this takes some minutes, once")
            patient = place.with_session(*_PLANNER) if isinstance(place, Postgres) else place
            Programs(installation, patient, Path(folder)).set_up(database, password)
            programs = Programs(installation, place, Path(folder))
            with programs.serving(free_port(), [database]) as server:
                # The count of the stock books some hundred moves in one call.
                address = Address(server.url, database, ADMIN, password)
                tryton = Tryton(address, answer_seconds=300)
                fill(tryton, tell)
                tryton.close()
    except BaseException:
        place.drop(database)
        raise


def _sources() -> Iterator[Path]:
    here = Path(__file__).parent
    yield from (here / "seed").glob("*.py")
    yield here / "template.py"
    yield from Path(str(files("tasks.adapters.embedded") / "company")).glob("*.csv")


def _postgres_version(installation: Installation) -> str:
    with tempfile.TemporaryDirectory(prefix="erp-pg-") as folder:
        return PostgresPrograms.reachable_from(Path(folder), installation.packages).version


@contextmanager
def _locked(path: Path, tell: Tell) -> Iterator[None]:
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            tell("waiting for another process that makes the same")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
