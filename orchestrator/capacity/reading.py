"""Reads replies of scripts: lists of bytes and integers, as each script's header says."""

from collections.abc import Iterable, Sequence
from typing import Any

from orchestrator.capacity.replies import (
    Answer,
    Busy,
    End,
    Ended,
    Grant,
    Granted,
    Grants,
    Held,
    Parked,
    Resized,
    State,
    Suspect,
    Swept,
)
from orchestrator.capacity.views import Cause, Explanation, Holder, Lease, Totals, Usage, Wait

#: A reply of so many fields has an outcome and an operation, and nothing else.
_PLAIN = 2
#: A token is an epoch times this, and an operation.
_OPERATIONS = 2**32


def ids(found: Iterable[bytes]) -> tuple[str, ...]:
    """Return ids as text."""
    return tuple(one.decode() for one in found)


def grants(found: Iterable[Sequence[bytes]]) -> Grants:
    """Return who is granted."""
    return tuple(Grant(one.decode(), int(token), message) for one, token, message in found)


def suspects(found: Iterable[Sequence[bytes]]) -> tuple[Suspect, ...]:
    """Return whose holder is silent."""
    return tuple(
        Suspect(one.decode(), int(token), session.decode(), State(state.decode()))
        for one, token, session, state in found
    )


def answer(reply: Sequence[Any], session: str, epoch: int) -> Answer:
    """Return what became of a request of this session."""
    what = reply[0]
    if what == b"granted":
        if len(reply) == _PLAIN:
            return Granted(epoch * _OPERATIONS + int(reply[1]))
        return Granted(int(reply[2]), grants(reply[3]))
    if what == b"parked":
        return Parked(reply[2], grants(reply[3]))
    if what == b"busy":
        return Busy(None if reply[2] < 0 else reply[2] / 1000, grants(reply[3]))
    holder, state = reply[4].decode(), State(reply[3].decode())
    if holder == session:
        # The first answer was lost on its way, or the client asked again by itself.
        return Granted(int(reply[2]))
    return Held(int(reply[2]), state, holder)


def end(reply: Sequence[Any]) -> End:
    """Return what became of a release or a cancellation."""
    return End(Ended(reply[0].decode()), grants(reply[2]) if len(reply) > _PLAIN else ())


def resized(reply: Sequence[Any]) -> Resized:
    """Return what a change of a resource has brought."""
    if reply[0] == b"unchanged":
        return Resized(changed=False)
    return Resized(reply[2], ids(reply[3]), grants(reply[4]))


def swept(reply: Sequence[Any]) -> Swept:
    """Return what a sweep has found."""
    granted, silent, late, again, unsatisfiable, next_ms, gap_ms = reply[2:]
    return Swept(
        grants=grants(granted),
        suspects=suspects(silent),
        late=ids(late),
        republish=grants(again),
        unsatisfiable=ids(unsatisfiable),
        wake_after=None if next_ms < 0 else next_ms / 1000,
        gap=gap_ms / 1000,
    )


def usage(name: str, reply: Sequence[Any]) -> Usage:
    """Return how much of a resource is in use."""
    now, kind, most, used, peak, peak_at, waiting, oldest, over_by = reply[2:11]
    granted, reclaimed, champion, blocked, rate, held = reply[11:]
    return Usage(
        name=name,
        capacity=most,
        used=used,
        peak=peak,
        peak_at=peak_at / 1000,
        waiting=waiting,
        oldest_wait=0.0 if oldest < 0 else max(0, now - oldest) / 1000,
        over_by=over_by,
        grants=granted,
        reclaimed=reclaimed,
        champion=champion.decode(),
        blocked_for=max(0, blocked - now) / 1000 if blocked else 0.0,
        rate=rate if kind == b"r" else 0,
        holders=_holders(held),
    )


def totals(found: Sequence[bytes | str | None]) -> Totals:
    """Return what a domain has counted."""
    return Totals(*(int(number or 0) for number in found))


def explanation(reply: Sequence[Any]) -> Explanation:
    """Return where a request is."""
    now, state = reply[2], State(reply[3].decode())
    if state is State.UNKNOWN:
        return Explanation(state)
    since = reply[4] / 1000
    if state is not State.PARKED:
        return Explanation(state, since, int(reply[5]), reply[6].decode())
    name, position, cause, until, whom, held = reply[5:]
    wait = Wait(
        resource=name.decode(),
        position=position,
        cause=Cause(cause.decode()),
        remaining=max(0, until - now) / 1000 if until else 0.0,
        whom=whom.decode(),
        holders=_holders(held),
    )
    return Explanation(state, since, wait=wait)


def leases(reply: Sequence[Any]) -> tuple[bytes, list[Lease]]:
    """Return where the next page begins, and this one."""
    return reply[3], [_lease(found) for found in reply[4]]


def _lease(found: Sequence[Any]) -> Lease:
    one, state, token, session, since, left_ms, need = found
    return Lease(
        id=one.decode(),
        state=State(state.decode()),
        token=int(token),
        session=session.decode(),
        since=since / 1000,
        remaining=None if left_ms < 0 else left_ms / 1000,
        need={name.decode(): amount for name, amount in zip(need[::2], need[1::2], strict=True)},
    )


def _holders(found: Iterable[Sequence[Any]]) -> tuple[Holder, ...]:
    return tuple(
        Holder(one.decode(), amount, session.decode(), since / 1000, State(state.decode()))
        for one, amount, session, since, state in found
    )
