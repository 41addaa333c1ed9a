"""What must be true of a domain after every step, whatever happened."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from orchestrator.capacity.replies import State
from tests.capacity.records import Dump, Record, dump

if TYPE_CHECKING:
    from tests.capacity.known import Known


class Invariants:
    """Compares Redis with a world, and this step with the one before."""

    def __init__(self, world: "Known") -> None:
        self._world = world
        self._before: Dump | None = None
        self._last_token = 0

    def check(self) -> None:
        """Assert all of them."""
        now = dump(self._world.client)
        self._notice_untold(now)
        self._check_requests(now)
        self._check_amounts(now)
        self._check_indexes(now)
        self._check_tokens()
        self._check_champions(now)
        self._check_barriers(now)
        self._check_nobody_waits_in_vain(now)
        if self._before is not None:
            self._check_order(self._before, now)
            self._check_reservations(self._before, now)
            self._check_blocks(self._before, now)
        self._before = now

    def _notice_untold(self, now: Dump) -> None:
        """Whoever parked without a message is granted without a word."""
        world = self._world
        for name, request in list(world.parked.items()):
            record = now.requests[name]
            if not request.message and record.state == State.GRANTED:
                world.note_grant(name, int(record.token))
                world.new_tokens.append(int(record.token))

    def _check_requests(self, now: Dump) -> None:
        world = self._world
        expected = dict.fromkeys(world.parked, State.PARKED)
        expected |= dict.fromkeys(world.granted, State.GRANTED)
        expected |= {name: one.suspect or State.RUNNING for name, one in world.running.items()}
        assert {name: State(record.state) for name, record in now.requests.items()} == expected
        for name, one in world.held.items():
            record = now.requests[name]
            found = (int(record.token), record.session, record.needs)
            assert found == (one.token, one.session, dict(one.need)), name

    def _check_amounts(self, now: Dump) -> None:
        world = self._world
        for name, record in now.resources.items():
            if record.kind == "r":
                assert _used(record, now) == world.quota_taken
                continue
            used = sum(one.need.get(name, 0) for one in world.held.values())
            assert record.used == used, name
            assert record.cap == world.caps[name]
            assert record.peak >= used
            before = self._before.resources[name].used if self._before else 0
            assert used <= max(record.cap, before), f"{name} is over capacity and grew"

    def _check_indexes(self, now: Dump) -> None:
        world = self._world
        rows = set()
        for name, request in world.parked.items():
            score = f"{now.requests[name].score:020.0f}"
            rows |= {f"{one}\0{score}\0{name}" for one in request.need}
        assert set(now.queues) == rows, set(now.queues) ^ rows
        for name, record in now.resources.items():
            assert record.waiting == sum(name in one.need for one in world.parked.values())
        held = {f"r\0{of}\0{name}" for name, one in world.held.items() for of in one.need}
        held |= {f"s\0{one.session}\0{name}" for name, one in world.running.items()}
        assert set(now.held) == held
        assert set(now.deadlines) == set(world.granted)
        assert set(now.outbox) == world.unpublished
        assert set(now.suspects) == set(world.suspects)
        assert set(now.sessions) == set(now.ttls) == world.alive
        told = {**world.parked, **{name: one.request for name, one in world.granted.items()}}
        assert now.messages == {name for name, one in told.items() if one.message}
        timed = {name for name, one in world.running.items() if "c" in one.need}
        overdue = {name for name in timed if world.running[name].suspect is State.OVERDUE}
        assert (
            timed - overdue
            >= set(now.holds)
            >= {name for name in timed if not world.running[name].suspect}
        )

    def _check_tokens(self) -> None:
        tokens = self._world.new_tokens
        assert len(set(tokens)) == len(tokens)
        if tokens:
            assert min(tokens) > self._last_token
            self._last_token = max(tokens)
        tokens.clear()

    def _check_champions(self, now: Dump) -> None:
        for name, record in now.resources.items():
            if not record.champion:
                continue
            own = now.requests[record.champion]
            assert own.state == State.PARKED
            assert (record.champion_score, record.champion_amount) == (own.score, own.needs[name])
            # On all of its resources, and it can be served some day.
            assert all(now.resources[one].champion == record.champion for one in own.needs)
            assert not _is_hopeless(now, own)

    def _check_barriers(self, now: Dump) -> None:
        for name, record in now.resources.items():
            if not record.barrier:
                continue
            own = now.requests[record.barrier]
            assert own.state == State.PARKED
            assert not _is_hopeless(now, own)
            assert not _fits(now, record.barrier, name, barriers=False), "nothing to wait for"

    def _check_nobody_waits_in_vain(self, now: Dump) -> None:
        for name, own in _waiting(now):
            if not _is_hopeless(now, own):
                fits = all(_fits(now, name, one) for one in own.needs)
                assert not fits, f"{name} waits for what is free: {own.needs}"

    def _check_order(self, before: Dump, now: Dump) -> None:
        """Nobody was granted what somebody before him could have had."""
        fresh = _fresh(before, now)
        if not fresh or _champions(before) != _champions(now):
            return
        for name, own in _waiting(now):
            if name not in before.requests or _is_hopeless(now, own):
                continue
            later = [r for other, r in fresh.items() if (r.score, other) > (own.score, name)]
            if later:
                fits = all(_fits(now, name, one, without=later) for one in own.needs)
                assert not fits, f"{name} was overtaken"
                self._check_strict_order(now, name, later)

    def _check_strict_order(self, now: Dump, name: str, later: list[Record]) -> None:
        for of in now.requests[name].needs:
            in_order = now.resources[of].fifo or now.resources[of].kind == "r"
            if in_order and not _fits(now, name, of, without=later):
                assert not any(of in record.needs for record in later), f"{of} is in order"

    def _check_reservations(self, before: Dump, now: Dump) -> None:
        """Nobody ordered behind a champion took a part of what is kept for it."""
        for name, was in before.resources.items():
            record = now.resources[name]
            if not was.champion or record.champion != was.champion or record.kind == "r":
                continue
            champion = (record.champion_score, record.champion)
            for other, taken in _fresh(before, now).items():
                if name in taken.needs and (taken.score, other) > champion:
                    assert record.used + record.champion_amount <= record.cap

    def _check_blocks(self, before: Dump, now: Dump) -> None:
        for name, record in now.resources.items():
            if min(record.blocked, before.resources[name].blocked) > now.now_us:
                assert not any(name in one.needs for one in _fresh(before, now).values()), name


def _waiting(now: Dump) -> list[tuple[str, Record]]:
    return [(name, own) for name, own in now.requests.items() if own.state == State.PARKED]


def _fresh(before: Dump, now: Dump) -> dict[str, Record]:
    """Return what was granted in this step and is still held."""
    return {
        name: record
        for name, record in now.requests.items()
        if record.state in (State.GRANTED, State.RUNNING)
        and (
            name not in before.requests
            or before.requests[name].state == State.PARKED
            or before.requests[name].token != record.token
        )
    }


def _champions(now: Dump) -> list[str]:
    return [record.champion for _, record in sorted(now.resources.items())]


def _used(record: Record, now: Dump) -> int:
    if record.kind != "r":
        return int(record.used)
    # Less than a unit comes again while a test lasts.
    return round(max(0, record.tat - now.now_us) / record.tau)


def _is_hopeless(now: Dump, own: Record) -> bool:
    return any(amount > now.resources[one].cap for one, amount in own.needs.items())


def _fits(
    now: Dump, name: str, of: str, *, barriers: bool = True, without: Iterable[Record] = ()
) -> bool:
    """Say whether what a request needs of one resource is free for it."""
    record, own = now.resources[of], now.requests[name]
    if record.blocked > now.now_us:
        return False
    if barriers and record.barrier and (record.barrier_score, record.barrier) < (own.score, name):
        return False
    kept = 0
    if record.champion and (record.champion_score, record.champion) < (own.score, name):
        kept = record.champion_amount
    used = _used(record, now) - sum(one.needs.get(of, 0) for one in without)
    return bool(used + own.needs[of] + kept <= record.cap)
