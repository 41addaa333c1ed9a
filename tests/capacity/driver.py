"""Plays a world by a weighted lot: dense in what is rare, where Hypothesis spends its steps evenly.

python -m tests.capacity.driver [seeds] [steps]
"""

import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random

import pytest
import redis

from orchestrator.local.broker import EmbeddedBroker
from tests.capacity.known import NAMES, QUOTA, SESSIONS
from tests.capacity.world import World

#: How often each thing happens, to how often all do.
WEIGHTS = {
    "acquire": 9.0,
    "release": 8.0,
    "deliver": 8.0,
    "cancel": 0.7,
    "ask_again": 1.0,
    "confirm": 1.0,
    "fall_silent": 0.7,
    "come_back": 0.9,
    "overstay": 0.3,
    "reclaim": 1.5,
    "start_late": 1.0,
    "publish_again": 1.0,
    "resize": 1.0,
    "block": 0.8,
    "refill": 1.5,
    "lose_writes": 0.3,
}
#: So many wait at once at most: lines are short or longer than what is read of them at a time.
_QUEUES = (6, 12, 40)


class Lot:
    """Chooses what happens next, the same for the same seed."""

    def __init__(self, world: World, rng: Random) -> None:
        self._world = world
        self._rng = rng
        self._queue = rng.choice(_QUEUES)

    def step(self) -> None:
        """Do one thing and check the world."""
        name = self._rng.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        move: Callable[[], None] = getattr(self, name)
        move()
        self._world.check()

    def acquire(self) -> None:
        rng = self._rng
        if len(self._world.parked) >= self._queue:
            return
        names = rng.sample(NAMES, rng.choice([1, 1, 2, 3]))
        if rng.random() < 0.25:
            names = [*names, QUOTA] if rng.random() < 0.7 else [QUOTA]
        need = {name: rng.randint(1, 3) for name in names}
        self._world.acquire(
            rng.choice(SESSIONS),
            need,
            level=rng.choice([2, 2, 2, 0, 4]),
            park=rng.random() < 0.8,
            told=rng.random() < 0.9,
            tenant=rng.choice(["", "x", "y"]),
            ago_us=rng.choice([0, 0, 0, 5_000_000]),
        )

    def release(self) -> None:
        held = self._world.running or self._world.granted
        if held:
            self._world.release(self._one_of(held), stale=self._rng.random() < 0.1)

    def deliver(self) -> None:
        world, rng = self._world, self._rng
        if world.granted and rng.random() < 0.8:
            name = self._one_of(world.granted)
            world.deliver(name, world.granted[name].token, rng.choice(SESSIONS))
        elif world.messages:
            world.deliver(*rng.choice(world.messages[-40:]), rng.choice(SESSIONS))

    def cancel(self) -> None:
        known = {**self._world.parked, **self._world.held}
        if known:
            self._world.cancel(self._one_of(known))

    def ask_again(self) -> None:
        known = {**self._world.parked, **self._world.held}
        if known:
            self._world.ask_again(self._one_of(known), self._rng.choice(SESSIONS))

    def confirm(self) -> None:
        if self._world.unpublished:
            self._world.confirm(self._one_of(self._world.unpublished))

    def fall_silent(self) -> None:
        self._world.fall_silent(self._rng.choice(SESSIONS), known=self._rng.random() < 0.5)

    def come_back(self) -> None:
        dead = sorted(set(SESSIONS) - self._world.alive)
        self._world.come_back(self._rng.choice(dead or SESSIONS))

    def overstay(self) -> None:
        if self._world.running:
            self._world.overstay(self._one_of(self._world.running))

    def reclaim(self) -> None:
        names = self._world.suspects
        others = sorted(self._world.running)[:2]
        if names:
            chosen = self._rng.sample(names, self._rng.randint(1, len(names)))
            self._world.reclaim([*chosen, *others, "nobody"], confirmed=self._rng.random() < 0.6)

    def start_late(self) -> None:
        if self._world.granted:
            self._world.start_late(self._one_of(self._world.granted))

    def publish_again(self) -> None:
        self._world.publish_again()

    def resize(self) -> None:
        self._world.resize(self._rng.choice(NAMES), self._rng.randint(1, 5))

    def block(self) -> None:
        self._world.block(self._rng.choice([*NAMES, QUOTA]), lift=self._rng.random() < 0.6)

    def refill(self) -> None:
        self._world.refill()

    def lose_writes(self) -> None:
        self._world.lose_writes()

    def _one_of(self, names: Mapping[str, object] | set[str]) -> str:
        return self._rng.choice(sorted(names))


def play(
    client: "redis.Redis", seed: int, steps: int, texts: Mapping[str, str] | None = None
) -> None:
    """Play one world for so many steps, by our scripts or by these."""
    rng = Random(seed)
    world = World(
        client,
        fifo=rng.random() < 0.4,
        fair=rng.random() < 0.3,
        skips=rng.choice([1, 2, 16]),
        texts=texts,
    )
    lot = Lot(world, rng)
    for number in range(steps):
        try:
            lot.step()
        except (Exception, pytest.fail.Exception) as error:
            error.add_note(f"seed {seed}, step {number}")
            raise


def main() -> None:
    """Play as many worlds as asked for."""
    seeds, steps = (int(word) for word in (*sys.argv[1:], "50", "150")[:2])
    with tempfile.TemporaryDirectory() as home, EmbeddedBroker(Path(home)) as server:
        client = redis.Redis(port=server.port)
        for seed in range(seeds):
            play(client, seed, steps)
    print(f"{seeds * steps} steps in {seeds} worlds: all invariants hold")  # noqa: T201 # a command


if __name__ == "__main__":
    main()
