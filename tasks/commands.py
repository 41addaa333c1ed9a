"""Commands that the business brings: a real ERP on this machine, for whoever has none.

$ orchestrator tryton up
ERP_URL=tryton+http://admin:…@127.0.0.1:8000/erp
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.cli import opening, output
from orchestrator.cli.ports import kept_port
from orchestrator.cli.up import HomeOption
from orchestrator.errors import ConfigurationError

if TYPE_CHECKING:
    from tasks.adapters.tryton.server.running import Running
    from tasks.adapters.tryton.server.template import Template

#: Tryton's own
PORT = 8000
WATCH_SECONDS = 0.5

tryton = typer.Typer(
    no_args_is_help=True,
    help="A real ERP, Tryton 8.0 LTS, with the sample company in it.",
)
COMMANDS = {"tryton": tryton}

CacheOption = Annotated[
    Path | None,
    typer.Option(help="Folder of what is made once; TRYTON_CACHE, or your cache, unless given."),
]
SqliteOption = Annotated[
    bool,
    typer.Option(
        "--sqlite", help="On SQLite: no PostgreSQL needed, and wrong under several callers."
    ),
]


@tryton.command()
def build(*, sqlite: SqliteOption = False, cache: CacheOption = None) -> None:
    """Install Tryton and make the sample company in it, once, for `up` and the tests to copy."""
    from orchestrator.local.signals import ending_in_order

    template = _template(cache, sqlite=sqlite)
    with ending_in_order():
        template.provide(output.say)
    output.say(f"it is in {str(template.folder)!r}")


@tryton.command()
def up(
    *,
    port: Annotated[int, typer.Option(help="Port of loopback; another if it is taken.")] = PORT,
    sqlite: SqliteOption = False,
    database: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="Keep it at postgresql://user@host/name, made if absent; its user admin has "
            "TRYTON_PASSWORD. Without, it is a new copy of the company that goes with the server.",
        ),
    ] = None,
    cache: CacheOption = None,
    home: HomeOption = None,
) -> None:
    """Serve Tryton on this machine until Ctrl-C, and print the ERP_URL that leads to it."""
    from orchestrator.local.signals import ending_in_order

    template = _template(cache, sqlite=sqlite)
    logs = opening.settings(home).home.resolve() / "tryton"
    logs.mkdir(parents=True, exist_ok=True)
    with (
        ending_in_order(),
        kept_port(port) as kept,
        _served(template, database, kept, logs) as running,
    ):
        output.show(f"ERP_URL={running.erp_url}")
        output.say(f"log      {running.server.log}")
        output.say("stop it  Ctrl-C")
        while True:
            running.server.check()
            time.sleep(WATCH_SECONDS)


@contextmanager
def _served(
    template: "Template", database: str | None, port: int, logs: Path
) -> "Iterator[Running]":
    from tasks.adapters.tryton.address import PASSWORD_SETTING
    from tasks.adapters.tryton.server.running import served_at, served_copy

    if database is None:
        template.provide(output.say)
        with served_copy(template, port, logs) as running:
            yield running
        return
    password = os.environ.get(PASSWORD_SETTING)
    if not password:
        raise ConfigurationError(
            f"a database that stays needs a password that you know: set {PASSWORD_SETTING} to "
            "that of its user admin, of eight characters or more"
        )
    template.installation.provide(output.say)
    with served_at(template.installation, database, password, port, logs, output.say) as running:
        yield running


def _template(cache: Path | None, *, sqlite: bool) -> "Template":
    from tasks.adapters.tryton.server.template import Template, cache_folder

    return Template.of(cache or cache_folder(), kind="sqlite" if sqlite else "postgresql")
