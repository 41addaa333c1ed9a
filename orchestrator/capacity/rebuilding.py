"""A domain entered anew from the ledger, after Redis lost it or a replica took over.

One process wins the new epoch in the ledger and rebuilds under it: the domain is emptied and
closed, what is known is entered in bulk, and it opens. Who runs keeps its token and has a full
lease, even where that is more than there is now: taken until proven free. Should the rebuilder
die, the domain stays closed until somebody begins again.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

from orchestrator.capacity.registering import fields_of
from orchestrator.capacity.replies import Request
from orchestrator.capacity.resources import Resource
from orchestrator.capacity.rules import Rules
from orchestrator.capacity.scripts import Scripts

_T = TypeVar("_T")
#: So many in one script: it is done in a few milliseconds.
_BATCH = 500


@dataclass(frozen=True, slots=True)
class Running:
    """What the ledger knows to run; `since` in seconds of the epoch of 1970."""

    id: str
    need: Mapping[str, int]
    token: int
    session: str
    since: float


class Rebuilding:
    """The parts of a rebuild, in the order in which they are called."""

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts

    def prepare(self, rules: Rules) -> None:
        """Empty the domain and close it.

        Raises:
            PermitsClosed: an epoch as new was opened before.
        """
        self._scripts.run("prepare", *rules.fields())

    def enter_resources(self, resources: Iterable[tuple[Resource, int | None]]) -> None:
        """Enter resources, each with the capacity an operator has set, or None."""
        calls = [fields_of(resource, own, mode="rebuild") for resource, own in resources]
        self._scripts.run_each("register", calls)

    def enter_running(self, running: Iterable[Running], *, ttl: float) -> None:
        """Enter what runs, with a lease of `ttl` seconds for each session."""
        batches = [[round(ttl * 1000), *batch] for batch in _batches(running, _running)]
        self._scripts.run_each("restore_running", batches)

    def enter_waiting(self, waiting: Iterable[Request]) -> None:
        """Enter what waits; where tenants share, their turns are counted anew."""
        in_order = sorted(waiting, key=lambda request: request.arrived_us)
        self._scripts.run_each("restore_waiting", _batches(in_order, _waiting))

    def open(self) -> None:
        """Open the domain; the next sweep grants what is free."""
        self._scripts.run("open")


def _running(one: Running) -> list[Any]:
    since_ms = round(one.since * 1000)
    return [one.id, one.token, one.session, since_ms, len(one.need), *_pairs(one.need)]


def _waiting(one: Request) -> list[Any]:
    start_ms = round(one.start_within * 1000)
    own = [one.id, int(one.level), one.arrived_us, start_ms, one.tenant, one.message]
    return [*own, len(one.need), *_pairs(one.need)]


def _pairs(need: Mapping[str, int]) -> list[str | int]:
    return [item for pair in need.items() for item in pair]


def _batches(found: Iterable[_T], fields: Callable[[_T], list[Any]]) -> list[list[Any]]:
    batches = []
    rest = iter(found)
    while batch := list(islice(rest, _BATCH)):
        batches.append([field for one in batch for field in fields(one)])
    return batches
