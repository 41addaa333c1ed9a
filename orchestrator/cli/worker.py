"""`orchestrator worker`: one pool's processes on this host."""

import os
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
    from orchestrator.pools.pool import Pool

    settings = opening.settings().require_addresses()
    refuse_unknown(pool, opening.application())
    # `worker_main` would swallow the exit code, and a supervisor wants to know it.
    code: int | None = Pool(pool, lambda: settings).start(
        [
            "worker",
            # Named by its process, so that any number of them run on one host.
            f"--hostname={pool}-{os.getpid()}@%h",
            f"--concurrency={concurrency}",
            f"--loglevel={loglevel.upper()}",
            "--pool=prefork",
            # Workers need not know of each other: the ledger's leases say who lives.
            "--without-gossip",
            "--without-mingle",
        ]
    )
    raise typer.Exit(code or 0)


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
