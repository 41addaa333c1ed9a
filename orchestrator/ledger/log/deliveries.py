"""What webhooks have to be told, were told, and could not be told.

An event is due for each webhook whose patterns fit it. Whoever takes a delivery puts its
time off by a lease: if that process dies, another takes it when the lease is over, so an
event is told at least once.
"""

import datetime as dt
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import sqlalchemy as sa

from orchestrator import clock, limits
from orchestrator.ledger.engine import Ledger
from orchestrator.ledger.log import feed
from orchestrator.ledger.log import webhooks as hooks
from orchestrator.ledger.log.feed import LoggedEvent
from orchestrator.ledger.side_tables import deliveries, webhooks
from orchestrator.ledger.tables import events
from orchestrator.ledger.upserts import insert_into
from orchestrator.ledger.who import accountable
from orchestrator.listening import event_patterns


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event for one webhook.

    Attributes:
        name: of the event; None when it was pruned with its run.
        due_at: when it is tried next; None: it is not.
        error: what came of the last attempt.
    """

    event_id: int
    name: str | None
    run_id: str | None
    attempts: int
    due_at: dt.datetime | None
    delivered_at: dt.datetime | None
    error: str | None

    @property
    def state(self) -> Literal["delivered", "due", "given up"]:
        """What became of it."""
        if self.delivered_at is not None:
            return "delivered"
        return "due" if self.due_at is not None else "given up"


@dataclass(frozen=True, slots=True)
class Taken:
    """A delivery that is to be tried now.

    Attributes:
        attempt: from 1.
        event: None when it was pruned with its run.
    """

    webhook_id: str
    event_id: int
    attempt: int
    url: str
    secret: str = field(repr=False)
    event: LoggedEvent | None


def horizon(ledger: Ledger) -> int | None:
    """Return up to which event every enabled webhook has been looked at; None: there is none."""
    query = sa.select(sa.func.min(webhooks.c.seen)).where(webhooks.c.disabled_at.is_(None))
    with ledger.read() as connection:
        return connection.execute(query).scalar()


def enqueue(ledger: Ledger, found: Sequence[LoggedEvent], *, settled: int) -> None:
    """Make events due for the webhooks they fit; two processes may find the same ones.

    Args:
        settled: every event up to this number has been found.
    """
    with ledger.write() as connection:
        for hook in connection.execute(_ENABLED).all():
            wanted = json.loads(hook.events)
            rows = [
                {"webhook_id": hook.id, "event_id": event.id, "attempts": 0, "due_at": clock.now()}
                for event in found
                if event.id > hook.seen and event_patterns.matches(wanted, event.name)
            ]
            if rows:
                connection.execute(_insert_new(ledger), rows)
            connection.execute(
                sa.update(webhooks)
                .where(webhooks.c.id == hook.id, webhooks.c.seen < settled)
                .values(seen=settled)
            )


def due(ledger: Ledger) -> list[str]:
    """Return the webhooks that have to be told something now."""
    query = (
        sa.select(deliveries.c.webhook_id)
        .join(webhooks, webhooks.c.id == deliveries.c.webhook_id)
        .where(_DUE, deliveries.c.due_at <= clock.now(), webhooks.c.disabled_at.is_(None))
        .distinct()
        .order_by(deliveries.c.webhook_id)
    )
    with ledger.read() as connection:
        return list(connection.execute(query).scalars())


def take(ledger: Ledger, webhook_id: str, *, lease: float) -> Taken | None:
    """Take the next delivery that is due, for `lease` seconds; None when there is none."""
    now = clock.now()
    first = (
        sa.select(deliveries.c.event_id)
        .where(deliveries.c.webhook_id == webhook_id, _DUE, deliveries.c.due_at <= now)
        .order_by(deliveries.c.due_at, deliveries.c.event_id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    with ledger.write() as connection:
        hook = connection.execute(
            sa.select(webhooks.c.url, webhooks.c.secret).where(
                webhooks.c.id == webhook_id, webhooks.c.disabled_at.is_(None)
            )
        ).one_or_none()
        if hook is None:
            return None
        taken = connection.execute(
            sa.update(deliveries)
            .where(
                deliveries.c.webhook_id == webhook_id,
                deliveries.c.event_id == first.scalar_subquery(),
            )
            .values(attempts=deliveries.c.attempts + 1, due_at=now + dt.timedelta(seconds=lease))
            .returning(deliveries.c.event_id, deliveries.c.attempts)
        ).one_or_none()
    if taken is None:
        return None
    numbers = range(taken.event_id, taken.event_id + 1)
    event = next(iter(feed.between(ledger, [numbers])), None)
    return Taken(webhook_id, taken.event_id, taken.attempts, hook.url, hook.secret, event)


def succeeded(ledger: Ledger, taken: Taken) -> None:
    """Note that a webhook was told, also where its lease was over meanwhile."""
    _close(ledger, taken, delivered_at=clock.now(), due_at=None, error=None)


def failed(ledger: Ledger, taken: Taken, error: str, *, again_in: float | None) -> None:
    """Note why a webhook was not told, and when it is tried again; None: never."""
    again = None if again_in is None else clock.now() + dt.timedelta(seconds=again_in)
    late = deliveries.c.attempts == taken.attempt  # who took it meanwhile knows better
    _close(ledger, taken, late, due_at=again, error=error)


def list_of(
    ledger: Ledger, webhook_id: str, *, states: Collection[str] = (), limit: int = 50
) -> list[Delivery]:
    """Return the deliveries of a webhook, the newest event first."""
    query = (
        sa.select(deliveries, events.c.name, events.c.run_id)
        .outerjoin(events, events.c.id == deliveries.c.event_id)
        .where(deliveries.c.webhook_id == webhook_id)
        .order_by(deliveries.c.event_id.desc())
        .limit(limits.checked(limit))
    )
    if states:
        query = query.where(sa.or_(*(_STATES[state] for state in states)))
    with ledger.read() as connection:
        return [_delivery(row) for row in connection.execute(query)]


@accountable
def resend(ledger: Ledger, webhook_id: str, *, by: str, reason: str = "") -> int:
    """Try again what was given up, from its first attempt on; return how much that is.

    Raises:
        WebhookNotFound: no webhook has this id.
    """
    with ledger.write() as connection:
        hooks.lock(connection, webhook_id)
        again = connection.execute(
            sa.update(deliveries)
            .where(deliveries.c.webhook_id == webhook_id, _STATES["given up"])
            .values(attempts=0, due_at=clock.now())
        ).rowcount
        if again:
            hooks.note(connection, "webhook.resent", webhook_id, by=by, reason=reason, events=again)
    return again


def forget(ledger: Ledger, *, older_than: dt.timedelta) -> int:
    """Delete what was told long ago, and what nobody can be told any more; return how much."""
    pruned = ~sa.exists().where(events.c.id == deliveries.c.event_id)
    old = deliveries.c.delivered_at < clock.now() - older_than
    with ledger.write() as connection:
        return connection.execute(
            sa.delete(deliveries).where(sa.or_(old, sa.and_(deliveries.c.due_at.is_(None), pruned)))
        ).rowcount


#: As the index says it, or no database would use that.
_DUE = deliveries.c.due_at.is_not(None)

_STATES: dict[str, sa.ColumnElement[bool]] = {
    "delivered": deliveries.c.delivered_at.is_not(None),
    "due": _DUE,
    "given up": sa.and_(deliveries.c.delivered_at.is_(None), deliveries.c.due_at.is_(None)),
}

#: Locked in one order: two processes that enqueue at once wait for each other.
_ENABLED = (
    sa.select(webhooks.c.id, webhooks.c.events, webhooks.c.seen)
    .where(webhooks.c.disabled_at.is_(None))
    .order_by(webhooks.c.id)
    .with_for_update()
)


def _insert_new(ledger: Ledger) -> Any:
    return insert_into(ledger.engine, deliveries).on_conflict_do_nothing()


def _close(ledger: Ledger, taken: Taken, *only: Any, **values: Any) -> None:
    with ledger.write() as connection:
        connection.execute(
            sa.update(deliveries)
            .where(
                deliveries.c.webhook_id == taken.webhook_id,
                deliveries.c.event_id == taken.event_id,
                deliveries.c.delivered_at.is_(None),
                *only,
            )
            .values(**values)
        )


def _delivery(row: Any) -> Delivery:
    return Delivery(
        event_id=row.event_id,
        name=row.name,
        run_id=row.run_id or None,
        attempts=row.attempts,
        due_at=row.due_at,
        delivered_at=row.delivered_at,
        error=row.error,
    )
