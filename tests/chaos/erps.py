"""The ERP of a world: in the ledger's database, in a file, or a Tryton with a server of its own."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import sqlalchemy as sa

from tests.chaos.line import Line
from tests.chaos.sites import Site
from tests.tryton import Companies, Company


@dataclass
class TrytonServer:
    """The server of a company in Tryton, which can be ended and started again."""

    company: Company
    _running: ExitStack = field(default_factory=ExitStack)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.company.server.url.rpartition(":")[2])

    @property
    def is_up(self) -> bool:
        return self.company.server.process.poll() is None

    def kill(self) -> None:
        """End it as a power cut does."""
        self.company.server.process.kill()
        self.company.server.process.wait()
        self._running.close()

    def start(self) -> None:
        """Start it again where it was, and wait until it answers."""
        self.company = self._running.enter_context(self.company.another_server(self.port))

    def close(self) -> None:
        """Stop what was started here."""
        self._running.close()


@dataclass(frozen=True)
class ErpSite:
    """Where a world's ERP is.

    Attributes:
        url: what `ERP_URL` says to reach it, by no line that somebody cuts.
        line: which of the world's lines leads to it, if one does.
        server: its server, where it has one of its own.
    """

    url: str
    line: Literal["ledger", "erp"] | None = None
    server: TrytonServer | None = None

    def url_by(self, line: Line) -> str:
        """Return its address by a line."""
        adapter, _, address = self.url.partition("+")
        moved = sa.make_url(address).set(port=line.port)
        return f"{adapter}+{moved.render_as_string(hide_password=False)}"


def embedded_site(site: Site, folder: Path) -> ErpSite:
    """Return an embedded ERP that nobody has started yet, where it is by default."""
    if site.server is None:
        return ErpSite(f"sqlalchemy+sqlite:///{folder / 'erp.db'}")
    return ErpSite(f"sqlalchemy+{site.url}", "ledger")


@contextmanager
def tryton_site(companies: Companies) -> Iterator[ErpSite]:
    """Lend a company in Tryton."""
    with companies.company() as company:
        server = TrytonServer(company)
        try:
            yield ErpSite(company.erp_url, "erp", server)
        finally:
            server.close()
