"""What an installation is doing, all in one record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from redis.exceptions import RedisError

from orchestrator.broker.queues import Queues
from orchestrator.coordinator import Coordinator
from orchestrator.ledger import workers
from orchestrator.ledger.questions import census
from orchestrator.ledger.sessions.sessions import Session
from orchestrator.ledger.upkeep.schedules import Schedule
from orchestrator.ledger.verbs.pausing import Pause
from orchestrator.states import Priority, RunState, StepState


@dataclass(frozen=True, slots=True)
class SystemStatus:
    """What an installation is doing.

    Attributes:
        runs: how many are in each state, of all that are kept.
        steps: how many that have not ended are in each state.
        queues: messages that wait, by pool and priority; None: the broker does not answer.
        pools: processes of each pool that show signs of life.
        sessions: those that take runs.
        waits: how many steps wait for a timer, a signal, a person, an agent.
        pauses: workflows and pools that are held back.
    """

    runs: Mapping[RunState, int]
    steps: Mapping[StepState, int]
    queues: Mapping[str, Mapping[Priority, int]] | None
    pools: Mapping[str, int]
    sessions: Sequence[Session]
    schedules: Sequence[Schedule]
    waits: Mapping[str, int]
    pauses: Sequence[Pause]


def status(coordinator: Coordinator) -> SystemStatus:
    """Return what an installation is doing.

    Raises:
        Unavailable: the ledger does not answer.
    """
    ledger = coordinator.ledger
    pools = workers.alive(ledger)
    domains = sorted({*coordinator.application.domains, *pools})
    return SystemStatus(
        runs=census.runs_by_state(ledger),
        steps=census.open_steps_by_state(ledger),
        queues=_depths(coordinator.settings.broker_url, domains),
        pools={domain: pools.get(domain, 0) for domain in domains},
        sessions=coordinator.sessions(),
        schedules=coordinator.schedules(),
        waits=census.open_waits_by_kind(ledger),
        pauses=coordinator.pauses(),
    )


def _depths(broker_url: str, domains: Sequence[str]) -> Mapping[str, Mapping[Priority, int]] | None:
    try:
        return Queues(broker_url).depths(domains) if broker_url else None
    except RedisError:
        return None
