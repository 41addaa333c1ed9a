"""A domain of permits in a real Valkey."""

from collections.abc import Callable, Iterator

import pytest
import redis

from orchestrator.capacity.resources import Resource
from orchestrator.capacity.rules import Rules
from orchestrator.capacity.semaphores import Semaphores
from orchestrator.local.broker import EmbeddedBroker
from tests.capacity.asking import LONG

Opened = Callable[..., Semaphores]


@pytest.fixture
def client(broker: str) -> Iterator["redis.Redis"]:
    """A client of an empty database."""
    with redis.Redis.from_url(broker) as made:
        yield made


@pytest.fixture
def opened(client: "redis.Redis") -> Opened:
    """Open a domain with these resources, where sessions `s` and `t` beat."""

    def make(*resources: Resource, **rules: float) -> Semaphores:
        made = Semaphores(client)
        made.rebuild([(one, None) for one in resources], rules=Rules(**rules))
        made.beat(["s", "t"], ttl=LONG)
        return made

    return make


@pytest.fixture
def fresh_server(tmp_path) -> Iterator[EmbeddedBroker]:
    """A server for one test alone."""
    with EmbeddedBroker(tmp_path / "fresh") as server:
        yield server
