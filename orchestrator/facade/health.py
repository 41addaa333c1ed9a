"""How an installation is: each of its parts, asked now, and what that took.

Nothing here raises because a part is down: that is the answer.
"""

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from redis.exceptions import RedisError

from orchestrator.broker.queues import Queues
from orchestrator.definition.durations import words
from orchestrator.errors import ConfigurationError, Unavailable
from orchestrator.ledger import Ledger, workers
from orchestrator.ledger.questions import census
from orchestrator.settings import Settings

#: Maintenance does what is due with a tick, and what was forgotten for a second with a sweep;
#: it may be busy with something else for some of them.
_SWEEPS = 3
_READY_SECONDS = 1.0


class HealthState(StrEnum):
    """How a part is; the worst of them is how the whole is."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"  #: it works, and something of it is missing
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Component:
    """A part of an installation.

    Attributes:
        latency: seconds that it took to answer; None where it did not.
        detail: a sentence; empty where there is nothing to say.
    """

    state: HealthState
    latency: float | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Health:
    """How an installation is.

    Attributes:
        components: `broker`, `ledger`, `pools` and `maintenance`.
        metrics: numbers by name, of the parts that answer.
    """

    components: Mapping[str, Component]
    metrics: Mapping[str, float] = field(default_factory=dict)

    @property
    def state(self) -> HealthState:
        """The state of the worst component."""
        order = list(HealthState)
        return max((part.state for part in self.components.values()), key=order.index)


#: What a check finds: a state, a sentence, and numbers.
_Found = tuple[HealthState, str, dict[str, float]]


def health(settings: Settings, ledger: Ledger, domains: Collection[str]) -> Health:
    """Ask each part how it is.

    Args:
        domains: the pools that there should be.
    """
    checks: dict[str, Callable[[], _Found]] = {
        "broker": lambda: _of_broker(settings, domains),
        "ledger": lambda: _of_ledger(ledger),
        "pools": lambda: _of_pools(ledger, domains),
        "maintenance": lambda: _of_maintenance(settings, ledger),
    }
    components: dict[str, Component] = {}
    metrics: dict[str, float] = {}
    for name, check in checks.items():
        components[name], found = _asked(check)
        metrics |= found
    return Health(components, metrics)


def _asked(check: Callable[[], _Found]) -> tuple[Component, dict[str, float]]:
    began = time.perf_counter()
    try:
        state, detail, metrics = check()
    except RedisError as error:
        return Component(HealthState.DOWN, detail=f"the broker does not answer: {error}"), {}
    except (Unavailable, ConfigurationError) as error:
        return Component(HealthState.DOWN, detail=str(error)), {}
    return Component(state, time.perf_counter() - began, detail), metrics


def _of_broker(settings: Settings, domains: Collection[str]) -> _Found:
    depths = Queues(settings.require_addresses().broker_url).depths(domains)
    waiting = sum(sum(by_priority.values()) for by_priority in depths.values())
    return HealthState.HEALTHY, "", {"messages_waiting": waiting}


def _of_ledger(ledger: Ledger) -> _Found:
    open_steps = census.open_steps_by_state(ledger)
    metrics = {f"steps_{state}": float(count) for state, count in open_steps.items()}
    return HealthState.HEALTHY, "", {"steps_open": float(sum(metrics.values())), **metrics}


def _of_pools(ledger: Ledger, domains: Collection[str]) -> _Found:
    alive = workers.alive(ledger)
    missing = sorted(set(domains) - alive.keys())
    metrics = {"processes": float(sum(alive.values()))}
    if not missing:
        return HealthState.HEALTHY, "", metrics
    said = f"no process of pool {', '.join(missing)} shows signs of life"
    return HealthState.DEGRADED if alive else HealthState.DOWN, said, metrics


def _of_maintenance(settings: Settings, ledger: Ledger) -> _Found:
    """Judge maintenance by what it leaves undone: it has no place where it could be asked."""
    late = census.undone_for(ledger)
    metrics = {"maintenance_late_seconds": late}
    if late <= _SWEEPS * (settings.sweep_seconds + _READY_SECONDS):
        return HealthState.HEALTHY, "", metrics
    said = (
        f"something has been due for {words(late)} and nobody has done it: start one with "
        "`orchestrator maintenance`"
    )
    return HealthState.DOWN, said, metrics
