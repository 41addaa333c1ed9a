"""`orchestrator worker`: one pool's processes on this host."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.cli import opening
from orchestrator.errors import ConfigurationError
from orchestrator.suggestion import did_you_mean

if TYPE_CHECKING:
    from orchestrator.application import Application

PoolArgument = Annotated[str, typer.Argument(metavar="POOL", help="A domain, such as billing.")]
ConcurrencyOption = Annotated[
    int, typer.Option(min=1, help="How many steps it runs at a time, a process each.")
]


class LogLevel(StrEnum):
    """From which level on a worker logs."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


LogLevelOption = Annotated[LogLevel, typer.Option(help="From which level on it logs.")]


def worker(
    pool: PoolArgument,
    concurrency: ConcurrencyOption = 2,
    loglevel: LogLevelOption = LogLevel.INFO,
) -> None:
    """Run the steps of one pool until SIGTERM or Ctrl-C; start as many as you like, anywhere."""
    from orchestrator.pools import node
    from orchestrator.pools.pool import Pool

    settings = opening.settings().require_addresses()
    refuse_unknown(pool, opening.application())
    code = node.serve(
        Pool(pool, lambda: settings), concurrency=concurrency, loglevel=loglevel.upper()
    )
    raise typer.Exit(code)


def refuse_unknown(pool: str, application: "Application") -> None:
    """Make sure that some task belongs to a pool.

    Raises:
        ConfigurationError: none does.
    """
    domains = application.domains
    if pool not in domains:
        known = f"the pools are {', '.join(domains)}" if domains else "no package defines any task"
        raise ConfigurationError(
            f"no loaded task belongs to pool {pool!r}{did_you_mean(pool, domains)} ({known})"
        )
