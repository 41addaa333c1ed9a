"""A node: the processes of one pool that were started together, until a signal ends them."""

import os
import socket

from orchestrator.pools.pool import Pool


def serve(pool: Pool, *, concurrency: int, loglevel: str = "INFO") -> int:
    """Run a node in this process and its children; return the exit code.

    Celery's own command line does the same, and first loads the parts of every command that
    is installed, Flower's among them: a second of a processor and 30 MB for each node.

    Args:
        concurrency: how many steps it runs at a time, a process each.
    """
    worker = pool.Worker(
        # Named by its process, so that any number of them run on one host.
        hostname=f"{pool.domain}-{os.getpid()}@{socket.gethostname()}",
        pool_cls="prefork",
        concurrency=concurrency,
        loglevel=loglevel,
        # Workers need not know of each other: the ledger's leases say who lives.
        without_gossip=True,
        without_mingle=True,
    )
    worker.start()
    return worker.exitcode or 0
