"""The resources as declared, and what operators have made of them."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from orchestrator import clock
from orchestrator.capacity.resources import Resource
from orchestrator.errors import ResourceNotFound
from orchestrator.ledger import events
from orchestrator.ledger.engine import Ledger
from orchestrator.ledger.permits.tables import resources
from orchestrator.ledger.upserts import insert_into


@dataclass(frozen=True, slots=True)
class Override:
    """A capacity that an operator has set in place of the declared one."""

    capacity: int
    by: str
    reason: str
    at: dt.datetime


@dataclass(frozen=True, slots=True)
class Declared:
    """A resource with what counts of it at present."""

    resource: Resource
    override: Override | None

    @property
    def effective(self) -> int | None:
        """What an operator has set, or None: what Redis is told beside the resource."""
        return None if self.override is None else self.override.capacity

    @property
    def capacity(self) -> int:
        """How much there is at present; of a quota, how much in its period."""
        return self.resource.limit if self.override is None else self.override.capacity


def declare(ledger: Ledger, declared: Iterable[Resource], *, renew: bool = False) -> None:
    """Write resources that are not known yet.

    Args:
        renew: write those too that were declared otherwise before. Whoever may be older than
            others, such as a worker that is about to be replaced, leaves them alone.
    """
    wanted = list(declared)
    with ledger.read() as connection:
        changed = _changed(connection, wanted, renew=renew)
    if changed:
        with ledger.write() as connection:
            declare_in(connection, wanted, renew=renew)


def declare_in(
    connection: sa.Connection, declared: Iterable[Resource], *, renew: bool = False
) -> None:
    """Do the same in the caller's transaction."""
    wanted = list(declared)
    for name, body in sorted(_changed(connection, wanted, renew=renew).items()):
        new = {"body": body, "declared_at": clock.now()}
        row = insert_into(connection, resources).values(name=name, **new)
        kept = row.on_conflict_do_nothing()
        if renew:
            kept = row.on_conflict_do_update(index_elements=[resources.c.name], set_=new)
        connection.execute(kept)
        events.append(connection, "resource.declared", events.NO_RUN, resource=name, body=body)


def _changed(
    connection: sa.Connection, declared: Iterable[Resource], *, renew: bool
) -> dict[str, str]:
    wanted = {resource.name: _body(resource) for resource in declared}
    if not wanted:
        return {}
    known = {row.name: row.body for row in connection.execute(_BODIES)}
    return {
        name: body
        for name, body in wanted.items()
        if name not in known or (renew and known[name] != body)
    }


def known(ledger: Ledger) -> dict[str, Declared]:
    """Return every resource by name."""
    with ledger.read() as connection:
        rows = connection.execute(sa.select(resources).order_by(resources.c.name)).all()
    return {row.name: _declared(row) for row in rows}


def find(ledger: Ledger, name: str) -> Declared:
    """Return the resource of this name.

    Raises:
        ResourceNotFound: nothing has declared it.
    """
    with ledger.read() as connection:
        row = connection.execute(sa.select(resources).where(resources.c.name == name)).one_or_none()
    if row is None:
        raise ResourceNotFound(f"no resource is called {name!r}: declare it, or look for its name")
    return _declared(row)


def override(ledger: Ledger, name: str, capacity: int | None, *, by: str, reason: str) -> Declared:
    """Set a capacity in place of the declared one, or go back to that.

    Raises:
        ResourceNotFound: nothing has declared it.
    """
    before = find(ledger, name)
    values: dict[str, Any] = dict.fromkeys(("override", "by", "reason", "at"))
    if capacity is not None:
        values = {"override": capacity, "by": by, "reason": reason, "at": clock.now()}
    with ledger.write() as connection:
        connection.execute(sa.update(resources).where(resources.c.name == name).values(**values))
        said: dict[str, Any] = {"resource": name, "from": before.capacity}
        said["to"] = before.resource.limit if capacity is None else capacity
        events.append(connection, "resource.set", events.NO_RUN, by=by, reason=reason, **said)
    return find(ledger, name)


def note(ledger: Ledger, event: str, **said: Any) -> None:
    """Write what somebody did to a resource or a permit, such as `permit.freed`."""
    with ledger.write() as connection:
        events.append(connection, event, events.NO_RUN, **said)


def _declared(row: Any) -> Declared:
    set_by = None
    if row.override is not None:
        set_by = Override(row.override, row.by, row.reason, row.at)
    return Declared(Resource.model_validate_json(row.body), set_by)


def _body(resource: Resource) -> str:
    return resource.model_dump_json(exclude_defaults=True)


_BODIES = sa.select(resources.c.name, resources.c.body)
