"""The only door to permits: who may take how much of what, in one Redis slot.

    acquire ──▶ granted ─────────────────────────▶ released
       │                            ▲    │
       └──▶ parked ──▶ granted ─ start   └─▶ suspect ──▶ reclaimed
              ▲       not started ─┘            │
              └────────────┘                    └─▶ held again, when its session beats

All that a request needs is taken at once or not at all, rates included. Who does not fit is
parked: its message waits in Redis and no worker does. Each script that frees something also
decides who goes next and returns the grants; its caller publishes them and says so. Whatever
is lost on the way the sweep finds.

A permit hangs on a session, which is one process that beats. A session that fell silent makes
its permits suspect, not free: the caller first writes into the ledger that their attempts are
lost, so that nobody who only slept can complete one, and reclaims them then. A token is
`epoch * 2**32 + operation`, the epoch from the ledger: a replica that takes over would give
the same number again.

Everything is tied to an id, so whoever is not sure that a verb has happened repeats it.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping

import redis

from orchestrator.capacity import reading
from orchestrator.capacity.keys import key
from orchestrator.capacity.rebuilding import Rebuilding, Running
from orchestrator.capacity.refusals import InvalidAmount
from orchestrator.capacity.registering import fields_of
from orchestrator.capacity.replies import (
    Answer,
    End,
    Granted,
    Grants,
    Reclaimed,
    Request,
    Resized,
    Start,
    Started,
    Suspect,
    Swept,
)
from orchestrator.capacity.resources import Resource
from orchestrator.capacity.rules import DEFAULT_RULES, Rules
from orchestrator.capacity.scripts import Scripts
from orchestrator.capacity.views import Explanation, Lease, Totals, Usage
from orchestrator.capacity.waiting import wait
from orchestrator.errors import InvalidInput

#: How many holders an answer names.
_HOLDERS = 10
_PAGE = 500


class Semaphores:
    """The permits of one domain, seen under one epoch."""

    def __init__(self, client: "redis.Redis", domain: str = "main", epoch: int = 1) -> None:
        self.domain = domain
        self.epoch = epoch
        self._client = client
        self._scripts = Scripts(client, domain, epoch)
        self.rebuilding = Rebuilding(self._scripts)

    def rebuild(
        self,
        resources: Iterable[tuple[Resource, int | None]] = (),
        *,
        running: Iterable[Running] = (),
        waiting: Iterable[Request] = (),
        ttl: float = 10.0,
        rules: Rules = DEFAULT_RULES,
    ) -> None:
        """Enter the domain anew and open it; a new one too, which has nothing to enter.

        Args:
            resources: each with the capacity an operator has set, or None.
            ttl: the lease of every session that holds something, in seconds.

        Raises:
            PermitsClosed: an epoch as new was opened before.
        """
        self.rebuilding.prepare(rules)
        self.rebuilding.enter_resources(resources)
        self.rebuilding.enter_running(running, ttl=ttl)
        self.rebuilding.enter_waiting(waiting)
        self.rebuilding.open()

    def register(self, resource: Resource, *, effective: int | None = None) -> Resized:
        """Make a resource known, or change it; registered as it is, nothing happens.

        Args:
            effective: the capacity an operator has set instead of the resource's own.
        """
        return reading.resized(self._scripts.run("register", *fields_of(resource, effective)))

    def set_capacity(self, name: str, capacity: int) -> Resized:
        """Change a capacity, or the units per period of a rate, while it is used.

        What is held stays held; nothing is granted until it is less than there is.

        Raises:
            InvalidAmount: it is less than 1; `block` is how to grant nothing for a while.
            UnknownResource: nobody has registered it.
        """
        if capacity < 1:
            raise InvalidAmount(f"resource {name!r}: {capacity} is no capacity; block it instead")
        return reading.resized(self._scripts.run("set_capacity", name, capacity))

    def block(self, name: str, seconds: float) -> Grants:
        """Grant nothing of a resource for a while: its other side said so. 0 lifts it."""
        return reading.grants(self._scripts.run("block", name, round(seconds * 1000))[2])

    def acquire(self, request: Request, *, park: bool) -> Answer:
        """Take all that a request needs, or park it, or say that it is busy.

        Raises:
            SessionEnded: its session has no lease: beat first.
            UnknownResource: nobody has registered what it needs.
            InvalidAmount: it asks for more than there is, or for nothing.
        """
        if not request.need or min(request.need.values()) < 1:
            raise InvalidAmount(f"request {request.id!r} asks for no amount: {dict(request.need)}")
        arguments = [
            _checked(request.id),
            _checked(request.session),
            int(park),
            int(request.level),
            request.arrived_us,
            round(request.start_within * 1000),
            _checked(request.tenant),
            request.message,
        ]
        for pair in request.need.items():
            arguments += pair
        reply = self._scripts.run("acquire", *arguments)
        if reply[0] == b"impossible":
            raise InvalidAmount(
                f"request {request.id!r} asks for {request.need[reply[2].decode()]} of resource "
                f"{reply[2].decode()!r}, of which there are {reply[3]}"
            )
        if reply[0] == b"twofair":
            raise InvalidAmount(
                f"request {request.id!r} asks for a second fair resource, "
                f"{reply[2].decode()!r}: tenants can take turns at one"
            )
        return reading.answer(reply, request.session, self.epoch)

    def wait(self, request: Request, *, timeout: float) -> Granted:
        """Take all that a request needs, and block this thread until it has it.

        Not for steps: a parked step holds no worker. It stands in line as everybody does.

        Raises:
            PermitUnavailable: it was not granted in time, and is withdrawn.
        """
        return wait(self, request, timeout)

    def start(self, request_id: str, token: int | None, session: str) -> Start:
        """Confirm a grant: of all copies of its message one starts.

        Raises:
            SessionEnded: the session has no lease: beat first.
        """
        reply = self._scripts.run("start", request_id, token or "", session)
        outcome = Started(reply[0].decode())
        return Start(outcome, int(reply[2]) if outcome is Started.STARTED else 0)

    def release(self, request_id: str, token: int | None = None) -> End:
        """Give back what is held; whoever's token it is when there is none."""
        return reading.end(self._scripts.run("release", request_id, token or ""))

    def cancel(self, request_id: str) -> End:
        """Withdraw a request that has not started."""
        return reading.end(self._scripts.run("cancel", request_id))

    def beat(
        self, sessions: Mapping[str, Collection[str]] | Collection[str], *, ttl: float
    ) -> tuple[str, ...]:
        """Renew the leases of sessions, and what is suspect of theirs is their own again.

        Args:
            sessions: their names; or with each the ids it believes to hold.

        Returns:
            the ids that are not theirs any more.
        """
        arguments: list[str | int] = [round(ttl * 1000)]
        for session in sessions:
            held = sessions[session] if isinstance(sessions, Mapping) else ()
            arguments += [_checked(session), len(held), *held]
        return reading.ids(self._scripts.run("beat", *arguments)[2])

    def end_session(self, session: str) -> tuple[Suspect, ...]:
        """End a session that is known to be over; what it held is suspect at once."""
        return reading.suspects(self._scripts.run("end_session", session)[2])

    def published(self, ids: Collection[str]) -> None:
        """Note that the messages of these grants are with the broker."""
        if ids:
            self._scripts.run("published", *ids)

    def sweep(self, *, limit: int = 100, republish_after: float = 2.0) -> Swept:
        """Find what time has brought; any number of processes may do so.

        Call it several times in the shortest lease: a pause of more than half of a lease counts
        as a gap in time, after which the lease begins anew.
        """
        return reading.swept(self._scripts.run("sweep", limit, round(republish_after * 1000)))

    def reclaim(self, ids: Collection[str], *, confirmed: bool = False) -> Reclaimed:
        """Free suspects, after the ledger says that their attempts are lost.

        What beats again is no suspect and is left alone.

        Args:
            confirmed: somebody has seen that the holders are dead.
        """
        freed, held_back, grants = self._scripts.run("reclaim", int(confirmed), *ids)[2:]
        return Reclaimed(reading.ids(freed), reading.ids(held_back), reading.grants(grants))

    def usage(self, name: str) -> Usage:
        """Return how much of a resource is in use, and by whom."""
        return reading.usage(name, self._scripts.run("usage", name, _HOLDERS))

    def count_stale(self) -> None:
        """Count an attempt that ended after its step was taken from it."""
        self._scripts.run("count_stale")

    def totals(self) -> Totals:
        """Return what the domain has counted."""
        fields = ["op", "late", "republished", "stale_effects"]
        return reading.totals(self._client.hmget(key(self.domain, "meta"), fields))

    def explain(self, request_id: str) -> Explanation:
        """Return where a request is, and what keeps it from going on."""
        return reading.explanation(self._scripts.run("explain", request_id, _HOLDERS))

    def leases(self, name: str | None = None) -> Iterator[Lease]:
        """Return all that is held, or all that is held of one resource, page by page."""
        last = b""
        while True:
            last, page = reading.leases(self._scripts.run("leases", name or "", last, _PAGE))
            yield from page
            if not last:
                return


def _checked(name: str) -> str:
    # The index parts names by control characters.
    if not name.isprintable():
        raise InvalidInput(f"{name!r} has control characters: no id, session or tenant has any")
    return name
