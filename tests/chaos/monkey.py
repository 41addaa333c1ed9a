"""The monkey: it strikes a world at random moments, and the same seed strikes the same blows."""

import time
from collections.abc import Callable
from contextlib import suppress
from random import Random

from tests.chaos.blows import BLOWS, Struck
from tests.chaos.dags import random_workflow
from tests.chaos.truth import Truth, table, truth_of
from tests.chaos.world import World

#: Between two blows.
PAUSE_SECONDS = (0.2, 1.5)
#: So many runs are under way.
OPEN_RUNS = 6
LOOK_SECONDS = 0.1
#: How long the last runs may take when the monkey strikes no more.
CALM_SECONDS = 60.0


class Monkey:
    """Strikes a world, and takes back what does not pass by itself.

    Attributes:
        struck: the blows that fell.
    """

    def __init__(self, world: World, seed: int) -> None:
        self.struck: list[Struck] = []
        self._world = world
        self._rng = Random(seed)
        self._next = time.monotonic() + self._rng.uniform(*PAUSE_SECONDS)
        self._lasting: list[tuple[float, Struck]] = []

    def turn(self) -> None:
        """Strike if it is time to."""
        self._pass(time.monotonic())
        if time.monotonic() < self._next:
            return
        (blow,) = self._rng.choices(list(BLOWS), list(BLOWS.values()))
        if struck := blow(self._world, self._rng):
            self.struck.append(struck)
            self._lasting.append((time.monotonic() + struck.lasts, struck))
        self._next = time.monotonic() + self._rng.uniform(*PAUSE_SECONDS)

    def calm(self) -> None:
        """Strike no more."""
        self._pass(float("inf"))

    def _pass(self, now: float) -> None:
        for end, struck in [*self._lasting]:
            if end <= now:
                struck.undo()
                self._lasting.remove((end, struck))


class Load:
    """Keeps runs of random workflows under way."""

    def __init__(self, world: World, seed: int) -> None:
        self._world = world
        self._rng = Random(seed)
        self._looked = 0.0

    def turn(self) -> None:
        """Have another run submitted if too few are open."""
        now = time.monotonic()
        if now - self._looked < LOOK_SECONDS:
            return
        self._looked = now
        if len(self._world.open_keys()) < OPEN_RUNS:
            self._world.producer.ask(random_workflow(self._rng).model_dump(mode="json"))


def strike(world: World, seed: int, seconds: float, load: Callable[[], None]) -> Monkey:
    """Let the monkey strike for so long, and wait until every run has ended."""
    monkey = Monkey(world, seed)
    end = time.monotonic() + seconds

    def over() -> bool:
        monkey.turn()
        load()
        return time.monotonic() > end

    world.until(over, within=seconds + 60)
    monkey.calm()
    with suppress(AssertionError):  # whoever asks for the truth is told which have not ended
        world.until_all_ended(within=CALM_SECONDS)
    return monkey


def rage(world: World, seed: int, seconds: float) -> tuple[Truth, str]:
    """Strike runs of random workflows for so long, and tell the truth about them."""
    monkey = strike(world, seed, seconds, Load(world, seed).turn)
    truth = truth_of(world, monkey.struck)
    told = f"seed {seed}, {seconds:.0f} s\n{table(truth, monkey.struck)}\n{world.described()}"
    return truth, f"{told}\n"
