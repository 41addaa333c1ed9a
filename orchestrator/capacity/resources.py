"""What has a limit: a capacity that is given back, a rate that refills, or a lock.

A capacity has units; a step takes some while it runs. A rate (`api_quota`) has units per
length of time; nothing is given back, they come again. In any window of W seconds at most
`capacity / per * W + burst` units are taken: a window of the other side's may begin when the
bucket is full. For a limit that is hard, use `hard_limit`.

A lock has shares: one for whoever reads, all of them for whoever must be alone.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from orchestrator.capacity.refusals import InvalidAmount
from orchestrator.definition.durations import Duration
from orchestrator.definition.model import Model

#: How many may share a lock.
SHARES = 1000

#: More than any limit; the scripts count in doubles, and this leaves room to add.
_MOST = 10**9

NAME = re.compile(r"[a-z][a-z0-9_.:-]{0,63}")


class ResourceType(StrEnum):
    """What a resource is; a rate and a lock behave as such, all others are capacities."""

    COMPUTE = "compute"
    MEMORY = "memory"
    STORAGE = "storage"
    NETWORK = "network"
    API_QUOTA = "api_quota"  #: a rate: units per length of time
    DATABASE = "database"
    CUSTOM = "custom"
    FILE_HANDLE = "file_handle"
    THREAD = "thread"
    PROCESS = "process"
    LOCK = "lock"  #: shared by many or held by one


class Order(StrEnum):
    """Who may pass whom."""

    BOUNDED = "bounded"  #: whoever fits passes who does not, a bounded number of times
    FIFO = "fifo"  #: nobody passes the first who is short of it


class Reclaim(StrEnum):
    """When a permit of a holder that fell silent may go to somebody else."""

    LEASE = "lease"  #: when its lease is over and the ledger knows it
    CONFIRMED = "confirmed"  #: when its parent or host has seen that it is dead
    NEVER = "never"  #: when an operator releases it


#: How much a step asks for: units, or of a lock `shared` or `exclusive`.
Asked = int | Literal["shared", "exclusive"]


class Resource(Model):
    """One thing that has a limit."""

    name: str = Field(pattern=f"^{NAME.pattern}$")
    type: ResourceType = ResourceType.CUSTOM
    capacity: int | None = Field(default=None, ge=1, le=_MOST)  #: of a rate: units in `per`
    per: Duration | None = None  #: of a rate alone
    burst: int | None = Field(default=None, ge=1, le=_MOST)  #: of a rate: units taken at once
    order: Order | None = None  #: fifo for a lock, bounded for others when None
    reclaim: Reclaim = Reclaim.LEASE
    max_hold: Duration | None = None  #: who holds it longer is suspect
    fair: bool = False  #: tenants take turns
    weights: Mapping[str, Annotated[float, Field(gt=0, le=1e6)]] = {}  #: turns of a tenant; 1

    @classmethod
    def hard_limit(cls, name: str, limit: int, *, per: Duration, burst: int) -> Self:
        """Return a rate of which at most `limit` units are taken in any window of `per` seconds.

        >>> Resource.hard_limit("mail-api", 100, per=60, burst=10).capacity
        90

        Raises:
            InvalidAmount: the burst is all of the limit: nothing would come again.
        """
        if not 0 < burst < limit:
            raise InvalidAmount(
                f"resource {name!r}: a burst of {burst} leaves nothing of a hard limit of {limit}; "
                "it is between 1 and the limit less 1"
            )
        return cls(
            name=name,
            type=ResourceType.API_QUOTA,
            capacity=limit - burst,
            per=per,
            burst=burst,
        )

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        if self.is_rate != (self.per is not None) or (self.burst is not None and not self.is_rate):
            raise ValueError(
                f"resource {self.name!r}: an api_quota has units `per` a length of time and may "
                "have a burst; nothing else has"
            )
        if (self.capacity is None) != (self.type is ResourceType.LOCK):
            raise ValueError(
                f"resource {self.name!r}: a lock has no capacity, everything else has one"
            )
        if self.is_rate and (self.max_hold or self.reclaim is not Reclaim.LEASE):
            raise ValueError(
                f"resource {self.name!r}: nobody holds a rate, so nothing is reclaimed"
            )
        if self.weights and not self.fair:
            raise ValueError(f"resource {self.name!r}: weights are for tenants of a fair resource")
        return self

    @property
    def is_rate(self) -> bool:
        """Say whether it refills with time and nothing is given back."""
        return self.type is ResourceType.API_QUOTA

    @property
    def is_lock(self) -> bool:
        """Say whether it is shared or held alone."""
        return self.type is ResourceType.LOCK

    @property
    def is_fifo(self) -> bool:
        """Say whether nobody passes the first who is short of it."""
        return self.order is Order.FIFO or (self.order is None and self.is_lock)

    @property
    def limit(self) -> int:
        """Its capacity; the shares of a lock; the units of a rate in `per`."""
        return SHARES if self.capacity is None else self.capacity

    @property
    def most(self) -> int:
        """The most that one request may ask for."""
        if not self.is_rate:
            return self.limit
        return self.burst if self.burst is not None else self.limit


def amount_of(resource: Resource, asked: Asked) -> int:
    """Return how many units of a resource a step asks for.

    >>> amount_of(Resource(name="migrations", type="lock"), "exclusive")
    1000

    Raises:
        InvalidAmount: it is no amount of this resource, or more than is declared.
    """
    amount = units_of(resource, asked)
    if amount > resource.most:
        kind = "burst" if resource.is_rate else "capacity"
        raise InvalidAmount(
            f"resource {resource.name!r} has a {kind} of {resource.most}: "
            f"{asked} can never be granted"
        )
    return amount


def units_of(resource: Resource, asked: Asked) -> int:
    """Return the same, whether or not there is as much: an operator may have changed that.

    Raises:
        InvalidAmount: it is no amount of this resource.
    """
    if resource.is_lock:
        if asked not in ("shared", "exclusive"):
            raise InvalidAmount(
                f"resource {resource.name!r} is a lock: ask for 'shared' or 'exclusive', "
                f"not {asked!r}"
            )
        return 1 if asked == "shared" else SHARES
    if not isinstance(asked, int) or isinstance(asked, bool) or asked < 1:
        raise InvalidAmount(
            f"resource {resource.name!r} is no lock: ask for a number of units from 1, "
            f"not {asked!r}"
        )
    return asked
