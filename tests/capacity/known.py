"""What is known of a domain: who waits, who is granted, who runs."""

from collections.abc import Mapping
from dataclasses import dataclass

import redis

from orchestrator.capacity.replies import (
    Grants,
    Request,
    State,
    Swept,
)
from orchestrator.capacity.resources import Resource
from orchestrator.capacity.rules import Rules
from orchestrator.capacity.scripts import Scripts
from orchestrator.capacity.semaphores import Semaphores
from tests.capacity.asking import LONG, pool, rate
from tests.capacity.invariants import Invariants

NAMES = ("a", "b", "c")
QUOTA = "q"
SESSIONS = ("s0", "s1", "s2")
BURST = 6
#: A quota that does not come again by itself while a test lasts.
_NEVER = 10**9


@dataclass
class Holding:
    """What is granted; the session that started it, or ''."""

    request: Request
    token: int
    session: str = ""
    suspect: State | None = None

    @property
    def need(self) -> Mapping[str, int]:
        """The amounts it holds."""
        return self.request.need


class Known:
    """Three capacities, a quota, three sessions; and what became of every request."""

    def __init__(
        self,
        client: "redis.Redis",
        *,
        fifo: bool,
        fair: bool,
        skips: int,
        texts: Mapping[str, str] | None = None,
    ) -> None:
        client.flushdb()
        self.client = client
        order = "fifo" if fifo else "bounded"
        self.resources: list[Resource] = [
            pool("a", 3, order=order),
            pool("b", 3, order=order, fair=fair),
            pool("c", 3, order=order, reclaim="confirmed", max_hold=LONG),
            rate(QUOTA, 1, _NEVER, BURST),
        ]
        self.rules = Rules(skips=skips, starve=LONG)
        self.semaphores = [self._opened(texts, first=number == 0) for number in range(3)]
        for one in self.resources:
            # What `rebuild` entered is entered again, as every worker does when it starts.
            assert not self.semaphores[1].register(one).changed
        self.semaphores[0].beat(SESSIONS, ttl=LONG)
        self.alive = set(SESSIONS)
        self.caps = {one.name: one.most for one in self.resources}
        self.parked: dict[str, Request] = {}
        self.granted: dict[str, Holding] = {}
        self.running: dict[str, Holding] = {}
        self.messages: list[tuple[str, int]] = []  #: out there, some old, some twice
        self.unpublished: set[str] = set()
        self.quota_taken = 0  #: since it came again
        self.asked = 0
        self.new_tokens: list[int] = []  #: since the last check
        self.invariants = Invariants(self)

    def _opened(self, texts: Mapping[str, str] | None, *, first: bool) -> Semaphores:
        made = Semaphores(self.client)
        if texts is not None:
            made._scripts = Scripts(self.client, "main", 1, texts)
            made.rebuilding._scripts = made._scripts
        if first:
            made.rebuild([(one, None) for one in self.resources], rules=self.rules)
        return made

    @property
    def held(self) -> dict[str, Holding]:
        """All that permits are taken for."""
        return {**self.granted, **self.running}

    @property
    def suspects(self) -> list[str]:
        """Ids that wait to be reclaimed."""
        return sorted(one for one, held in self.running.items() if held.suspect)

    def check(self) -> None:
        """Compare all of Redis with what is known."""
        self.invariants.check()

    def _sweep(self, *, republish_after: float = LONG) -> Swept:
        swept = self.semaphores[0].sweep(limit=1000, republish_after=republish_after)
        assert swept.gap == 0
        return swept

    def _finish(self, swept: Swept) -> None:
        self._take_over(swept.grants)
        assert {one.id for one in swept.suspects} == set(self.suspects)
        hopeless = {name for name, one in self.parked.items() if self._is_hopeless(one.need)}
        assert set(swept.unsatisfiable) == hopeless

    def _take_over(self, grants: Grants, *tokens: int) -> None:
        for grant in grants:
            assert grant.message
            assert grant.message == self.parked[grant.id].message
            self.note_grant(grant.id, grant.token)
            self.messages.append((grant.id, grant.token))
            self.unpublished.add(grant.id)
        # Those of one answer come in any order.
        self.new_tokens += [*tokens, *(grant.token for grant in grants)]

    def note_grant(self, name: str, token: int) -> None:
        """Take over that somebody who was parked is granted."""
        self.granted[name] = Holding(self.parked.pop(name), token)
        self.quota_taken += self.granted[name].need.get(QUOTA, 0)

    def _withdraw_grant(self, name: str) -> Holding:
        """Take back what has not started; its quota was not used."""
        held = self.granted.pop(name)
        self.unpublished.discard(name)
        self.quota_taken = max(0, self.quota_taken - held.need.get(QUOTA, 0))
        return held

    def _is_hopeless(self, need: Mapping[str, int]) -> bool:
        return any(amount > self.caps[one] for one, amount in need.items())

    def _now_us(self) -> int:
        seconds, microseconds = self.client.time()
        return int(seconds) * 1_000_000 + int(microseconds)
