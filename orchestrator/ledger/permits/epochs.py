"""Epochs: which Redis grants the permits, so that none counts that another one granted.

A Redis that lost its data, or a replica that took the place of its primary, does not know
what was granted. Whoever notices begins a new epoch here, in the ledger, and then tells
Redis all that the ledger knows. A token carries the epoch it was granted in, and a step is
taken only with one of the present epoch.
"""

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa

from orchestrator import clock
from orchestrator.ledger.engine import Ledger
from orchestrator.ledger.permits.tables import epochs
from orchestrator.ledger.upserts import insert_into

#: All permits of an installation are granted in one domain.
DOMAIN = "main"

#: A token is this many times its epoch, and a number below that counts up within the epoch.
TOKENS_OF_EPOCH = 2**32


@dataclass(frozen=True, slots=True)
class Epoch:
    """A number that only grows, and the `run_id` of the Redis that it is granted in."""

    number: int
    server: str
    at: dt.datetime  #: when it began


def current(ledger: Ledger) -> Epoch | None:
    """Return the present epoch; None: no permit was ever granted."""
    with ledger.read() as connection:
        row = connection.execute(_CURRENT).one_or_none()
        return None if row is None else Epoch(row.epoch, row.server, row.at)


def begin(ledger: Ledger, after: Epoch | None, server: str) -> Epoch | None:
    """Begin the epoch after `after`; None where somebody else has, and rebuilds Redis now.

    Args:
        server: the `run_id` of the Redis that is to be told all.
    """
    row = {"domain": DOMAIN, "server": server, "at": clock.now()}
    with ledger.write() as connection:
        if after is None:
            begun = connection.execute(
                insert_into(connection, epochs)
                .values(epoch=1, **row)
                .on_conflict_do_nothing()
                .returning(epochs.c.epoch, epochs.c.at)
            ).first()
        else:
            begun = connection.execute(
                sa.update(epochs)
                .where(epochs.c.domain == DOMAIN, epochs.c.epoch == after.number)
                .values(epoch=after.number + 1, **row)
                .returning(epochs.c.epoch, epochs.c.at)
            ).first()
        return None if begun is None else Epoch(begun.epoch, server, begun.at)


def is_of_now(connection: sa.Connection, token: int) -> bool:
    """Say whether a token was granted in the present epoch, which does not end meanwhile."""
    number = connection.execute(_NUMBER.with_for_update(read=True)).scalar()
    return bool(number == token // TOKENS_OF_EPOCH)


_CURRENT = sa.select(epochs.c.epoch, epochs.c.server, epochs.c.at).where(epochs.c.domain == DOMAIN)
_NUMBER = sa.select(epochs.c.epoch).where(epochs.c.domain == DOMAIN)
