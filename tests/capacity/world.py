"""A domain, and beside it what must be true of it: who waits, who is granted, who runs.

Each verb asserts its answer against what is known and takes over what it says; `check` then
compares all of Redis with it. The weighted driver and Hypothesis play the same world.
"""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from orchestrator.capacity.keys import key
from orchestrator.capacity.refusals import Closed, InvalidAmount, PermitsClosed, SessionEnded
from orchestrator.capacity.replies import (
    Busy,
    Ended,
    Granted,
    Held,
    Parked,
    Request,
    Started,
    State,
)
from tests.capacity.asking import LONG
from tests.capacity.known import QUOTA, SESSIONS, Holding, Known
from tests.capacity.records import patch, set_time


class World(Known):
    """The verbs, each with what must come of it."""

    # What callers do.

    def acquire(
        self,
        session: str,
        need: Mapping[str, int],
        *,
        level: int = 2,
        park: bool = True,
        told: bool = True,
        tenant: str = "",
        ago_us: int = 0,
    ) -> None:
        """Ask for permits under a new id."""
        self.asked += 1
        name = f"x{self.asked}"
        request = Request(
            name,
            need,
            session,
            level=level,
            tenant=tenant,
            message=f"m:{name}".encode() if told else b"",
            arrived_us=self._now_us() - ago_us if ago_us else 0,
            start_within=LONG,
        )
        semaphores = self.semaphores[SESSIONS.index(session)]
        if session not in self.alive:
            with pytest.raises(SessionEnded):
                semaphores.acquire(request, park=park)
            return
        if any(amount > self.caps[one] for one, amount in need.items()):
            with pytest.raises(InvalidAmount):
                semaphores.acquire(request, park=park)
            return
        answer = semaphores.acquire(request, park=park)
        if isinstance(answer, Granted):
            self.running[name] = Holding(request, answer.token, session)
            self.quota_taken += need.get(QUOTA, 0)
            self._take_over(answer.grants, answer.token)
            return
        assert isinstance(answer, Parked if park else Busy)
        if park:
            self.parked[name] = request
        self._take_over(answer.grants)

    def ask_again(self, name: str, session: str) -> None:
        """Ask for the same once more: a message came twice, or an answer was lost."""
        request = Request(name, {"a": 1}, session)
        if session not in self.alive:
            return
        answer = self.semaphores[0].acquire(request, park=True)
        if name in self.parked:
            assert isinstance(answer, Parked)
            assert not answer.grants
        elif name in self.running and self.running[name].session == session:
            assert answer == Granted(self.running[name].token)
        else:
            held = self.held[name]
            state = held.suspect or (State.RUNNING if held.session else State.GRANTED)
            assert answer == Held(held.token, state, held.session)

    def release(self, name: str, *, stale: bool = False) -> None:
        """Give back what runs, or is granted; or try so with another's token."""
        token = self.held[name].token
        if stale:
            assert self.semaphores[0].release(name, token - 1).outcome is Ended.STALE
            return
        end = self.semaphores[1].release(name, token)
        assert end.outcome is Ended.RELEASED
        if self.running.pop(name, None) is None:
            self._withdraw_grant(name)
        self._take_over(end.grants)
        assert self.semaphores[2].release(name, token).outcome is Ended.GONE

    def cancel(self, name: str) -> None:
        """Withdraw what has not started; what has is left alone."""
        end = self.semaphores[0].cancel(name)
        if name in self.running:
            assert end.outcome is Ended.RUNNING
            return
        assert end.outcome is Ended.CANCELLED
        if self.parked.pop(name, None) is None:
            self._withdraw_grant(name)
        self._take_over(end.grants)

    def deliver(self, name: str, token: int, session: str) -> None:
        """Start from a message, which may be old or a copy."""
        if session not in self.alive:
            with pytest.raises(SessionEnded):
                self.semaphores[0].start(name, token, session)
            return
        start = self.semaphores[0].start(name, token, session)
        held = self.held.get(name)
        if held is None:
            assert start.outcome is (Started.PARKED if name in self.parked else Started.GONE)
        elif held.token != token:
            assert start.outcome is Started.STALE
        elif held.session not in ("", session):
            assert start.outcome is Started.DUPLICATE
        else:
            assert start.outcome is Started.STARTED
            assert start.token == token
            if name in self.granted:
                self.running[name] = replace(self.granted.pop(name), session=session)
                self.unpublished.discard(name)

    def confirm(self, name: str) -> None:
        """Say that a grant's message is with the broker."""
        self.semaphores[0].published([name])
        self.unpublished.discard(name)

    # What time brings.

    def fall_silent(self, session: str, *, known: bool) -> None:
        """End a lease, by a sweep or by somebody who knows; nothing is freed by it."""
        mine = {one for one, held in self.running.items() if held.session == session}
        if known:
            told = {one.id for one in self.semaphores[0].end_session(session)}
            assert told == mine
        else:
            if session in self.alive:
                set_time(self.client, "sessions", session, 1)
            swept = self._sweep()
            assert mine <= {one.id for one in swept.suspects}
        self.alive.discard(session)
        for one in mine:
            self.running[one].suspect = State.SUSPECT
        if not known:
            self._finish(swept)

    def come_back(self, session: str) -> None:
        """Beat again: what was suspect is the session's own, and what it lost it is told."""
        mine = {one for one, held in self.running.items() if held.session == session}
        others = {one for one in self.running if one not in mine} | set(self.parked)
        lost = self.semaphores[2].beat({session: sorted(mine | others)}, ttl=LONG)
        assert set(lost) == others
        if session not in self.alive:
            for one in mine:
                self.running[one].suspect = None
        self.alive.add(session)

    def overstay(self, name: str) -> None:
        """Hold it too long."""
        held = self.running[name]
        if "c" not in held.need or held.suspect:
            return
        set_time(self.client, "holds", name, 1)
        swept = self._sweep()
        held.suspect = State.OVERDUE
        assert (name, State.OVERDUE) in {(one.id, one.state) for one in swept.suspects}
        self._finish(swept)

    def reclaim(self, names: list[str], *, confirmed: bool) -> None:
        """Take from the silent what the ledger knows to be lost."""
        done = self.semaphores[1].reclaim(names, confirmed=confirmed)
        suspects = {one for one in names if one in self.running and self.running[one].suspect}
        kept = {one for one in suspects if "c" in self.running[one].need and not confirmed}
        assert set(done.held_back) == kept
        assert set(done.freed) == suspects - kept
        for one in suspects - kept:
            del self.running[one]
        self._take_over(done.grants)

    def start_late(self, name: str) -> None:
        """Let a grant's message be lost until its deadline."""
        set_time(self.client, "deadlines", name, 1)
        swept = self._sweep()
        assert swept.late == (name,)
        held = self._withdraw_grant(name)
        if held.request.message:
            self.parked[name] = held.request
        self._finish(swept)

    def publish_again(self) -> None:
        """Let whoever published be dead: the sweep gives out all that nobody confirmed."""
        swept = self._sweep(republish_after=-1)
        self._finish(swept)
        assert {grant.id for grant in swept.republish} == self.unpublished
        for grant in swept.republish:
            assert self.granted[grant.id].token == grant.token
            assert self.granted[grant.id].request.message == grant.message

    # What operators and the other side do.

    def resize(self, name: str, capacity: int) -> None:
        """Change a capacity while it is used."""
        resized = self.semaphores[0].set_capacity(name, capacity)
        self.caps[name] = capacity
        used = sum(held.need.get(name, 0) for held in self.held.values())
        self._take_over(resized.grants)
        assert resized.over_by == max(0, used - capacity)
        assert set(resized.unsatisfiable) == {
            one
            for one, request in self.parked.items()
            if name in request.need and self._is_hopeless(request.need)
        }

    def block(self, name: str, *, lift: bool) -> None:
        """Let the other side say "not now", or "now"."""
        self._take_over(self.semaphores[0].block(name, 0 if lift else LONG))

    def refill(self) -> None:
        """Let the quota's time come."""
        patch(self.client, QUOTA, "TAT", 0)
        set_time(self.client, "timers", QUOTA, 1)
        self.quota_taken = 0
        self._finish(self._sweep())

    def lose_writes(self) -> None:
        """Let a replica take over that lacks the last write, for one verb."""
        meta = key("main", "meta")
        self.semaphores[0].explain("x1")
        self.client.hincrby(meta, "op", -1)
        with pytest.raises(PermitsClosed) as refused:
            self.semaphores[0].acquire(Request("lost", {"a": 1}, "s0"), park=True)
        assert refused.value.why is Closed.ROLLBACK
        self.client.hincrby(meta, "op", 1)
