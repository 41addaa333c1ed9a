"""Who outside is told of events: each webhook has an address, patterns and a secret.

The secret is kept as it is, for messages are signed with it, and it is told once, to
whoever adds the webhook.
"""

import datetime as dt
import json
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from orchestrator import clock
from orchestrator.errors import ConfigurationError, WebhookNotFound
from orchestrator.ledger import events
from orchestrator.ledger.engine import Ledger
from orchestrator.ledger.side_tables import deliveries
from orchestrator.ledger.side_tables import webhooks as table
from orchestrator.ledger.tables import events as log
from orchestrator.ledger.who import accountable
from orchestrator.listening import event_patterns, webhooks


@dataclass(frozen=True, slots=True)
class Webhook:
    """An address that is told of events; its secret is not shown.

    Attributes:
        events: the types it is told of, names and patterns.
        disabled_at: since when it is told of none.
    """

    id: str
    url: str
    events: tuple[str, ...]
    by: str
    created_at: dt.datetime
    disabled_at: dt.datetime | None


@accountable
def add(
    ledger: Ledger, url: str, patterns: Collection[str], *, by: str, over_http: bool = False
) -> tuple[Webhook, str]:
    """Tell an address of what is written from now on.

    Args:
        patterns: names of events and patterns such as `run.*`.
        over_http: whether events may travel in clear beyond this machine.

    Returns:
        The webhook and its secret, which is never told again.

    Raises:
        ConfigurationError: the address or a pattern is wrong, or there is no pattern.
    """
    webhooks.check_address(url, over_http=over_http)
    if not patterns:
        raise ConfigurationError("a webhook without events is told nothing: name some, or '*'")
    wanted = tuple(sorted({event_patterns.check(pattern) for pattern in patterns}))
    secret = webhooks.new_secret()
    made = Webhook(secrets.token_hex(4), url, wanted, by, clock.now(), None)
    with ledger.write() as connection:
        connection.execute(
            sa.insert(table).values(
                id=made.id,
                url=url,
                events=json.dumps(wanted),
                secret=secret,
                by=by,
                created_at=made.created_at,
                seen=_last_event(connection),
            )
        )
        note(connection, "webhook.added", made.id, by=by, events=list(wanted))
    return made, secret


def find(ledger: Ledger, webhook_id: str) -> Webhook:
    """Return a webhook.

    Raises:
        WebhookNotFound: none has this id.
    """
    with ledger.read() as connection:
        found = connection.execute(_SHOWN.where(table.c.id == webhook_id)).one_or_none()
    return _webhook(_existing(found, webhook_id))


def address(ledger: Ledger, webhook_id: str) -> tuple[str, str]:
    """Return where a webhook's messages go, and the secret that signs them.

    Raises:
        WebhookNotFound: none has this id.
    """
    query = sa.select(table.c.url, table.c.secret).where(table.c.id == webhook_id)
    with ledger.read() as connection:
        found = _existing(connection.execute(query).one_or_none(), webhook_id)
    return found.url, found.secret


def list_all(ledger: Ledger) -> list[Webhook]:
    """Return the webhooks, the oldest first."""
    with ledger.read() as connection:
        rows = connection.execute(_SHOWN.order_by(table.c.created_at, table.c.id))
        return [_webhook(row) for row in rows]


@accountable
def remove(ledger: Ledger, webhook_id: str, *, by: str, reason: str = "") -> None:
    """Forget a webhook and what it has not been told.

    Raises:
        WebhookNotFound: none has this id.
    """
    with ledger.write() as connection:
        lock(connection, webhook_id)
        connection.execute(sa.delete(deliveries).where(deliveries.c.webhook_id == webhook_id))
        connection.execute(sa.delete(table).where(table.c.id == webhook_id))
        note(connection, "webhook.removed", webhook_id, by=by, reason=reason)


@accountable
def disable(ledger: Ledger, webhook_id: str, *, by: str, reason: str = "") -> bool:
    """Tell a webhook nothing for now; say whether it was told before.

    Raises:
        WebhookNotFound: none has this id.
    """
    with ledger.write() as connection:
        if lock(connection, webhook_id).disabled_at is not None:
            return False
        _change(connection, webhook_id, disabled_at=clock.now())
        note(connection, "webhook.disabled", webhook_id, by=by, reason=reason)
    return True


@accountable
def enable(ledger: Ledger, webhook_id: str, *, by: str, reason: str = "") -> bool:
    """Tell a webhook again: what waited for it and what is new, not what happened meanwhile.

    Returns:
        Whether it was disabled.

    Raises:
        WebhookNotFound: none has this id.
    """
    with ledger.write() as connection:
        if lock(connection, webhook_id).disabled_at is None:
            return False
        _change(connection, webhook_id, disabled_at=None, seen=_last_event(connection))
        note(connection, "webhook.enabled", webhook_id, by=by, reason=reason)
    return True


def lock(connection: sa.Connection, webhook_id: str) -> Any:
    """Return a webhook's row, held until the transaction ends.

    Raises:
        WebhookNotFound: none has this id.
    """
    row = _SHOWN.where(table.c.id == webhook_id).with_for_update()
    return _existing(connection.execute(row).one_or_none(), webhook_id)


def note(connection: sa.Connection, name: str, webhook_id: str, *, by: str, **said: Any) -> None:
    """Write an event of a webhook; it belongs to no run."""
    events.append(connection, name, events.NO_RUN, webhook=webhook_id, by=by, **said)


_SHOWN = sa.select(
    table.c.id, table.c.url, table.c.events, table.c.by, table.c.created_at, table.c.disabled_at
)


def _last_event(connection: sa.Connection) -> int:
    return connection.execute(sa.select(sa.func.max(log.c.id))).scalar() or 0


def _existing(row: Any, webhook_id: str) -> Any:
    if row is None:
        raise WebhookNotFound(
            f"no webhook has the id {webhook_id!r}: `orchestrator webhooks list` shows them"
        )
    return row


def _change(connection: sa.Connection, webhook_id: str, **values: Any) -> None:
    connection.execute(sa.update(table).where(table.c.id == webhook_id).values(**values))


def _webhook(row: Any) -> Webhook:
    return Webhook(
        id=row.id,
        url=row.url,
        events=tuple(json.loads(row.events)),
        by=row.by,
        created_at=row.created_at,
        disabled_at=row.disabled_at,
    )
