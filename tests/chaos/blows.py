"""What the monkey can do to a world, each by name.

A blow falls at once, or lasts: then it has an `undo`, which is called when its time is over.
One that cannot fall here, such as a full disk where no disk can be filled, gives None.
"""

import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from orchestrator.failpoints import POINTS
from tests.chaos.line import Line
from tests.chaos.processes import send
from tests.chaos.world import World


@dataclass
class Struck:
    """A blow that fell.

    Attributes:
        at: the time of the clock.
        lasts: for how many seconds.
        victims: the processes that it ended.
        marker: made by the process that fell into a trap: `point pid time`.
    """

    kind: str
    lasts: float = 0.0
    undo: Callable[[], None] = lambda: None
    victims: frozenset[int] = frozenset()
    marker: Path | None = None
    at: float = field(default_factory=time.time)


Blow = Callable[[World, Random], Struck | None]

#: The points that are reached while a step's task is at work.
WITHIN_A_TASK = ("executor.called",)


def kill_child(world: World, rng: Random) -> Struck | None:
    """SIGKILL one process of a pool."""
    children = [pid for node in world.nodes for pid in node.children()]
    if not children:
        return None
    victim = rng.choice(children)
    send(victim, signal.SIGKILL)
    return Struck("pool child", victims=frozenset({victim}))


def kill_parent(world: World, rng: Random) -> Struck:
    """SIGKILL the parent of a node; its processes find out by themselves."""
    node = rng.choice(world.nodes)
    victims = frozenset({node.process.pid, *node.children()})
    node.process.kill()
    return Struck("pool parent", victims=victims)


def kill_node(world: World, rng: Random) -> Struck:
    """SIGKILL a whole node, as a host without power."""
    return Struck("whole node", victims=frozenset(rng.choice(world.nodes).kill()))


def kill_pool(world: World, _: Random) -> Struck:
    """SIGKILL every node."""
    return Struck("whole pool", victims=frozenset(p for node in world.nodes for p in node.kill()))


def kill_maintenance(world: World, rng: Random) -> Struck:
    """SIGKILL a maintenance."""
    return Struck("maintenance", victims=frozenset(rng.choice(world.maintenances).kill()))


def kill_producer(world: World, _: Random) -> Struck:
    """SIGKILL the producer."""
    world.producer.kill()
    return Struck("producer")


def kill_in_submit(world: World, rng: Random) -> Struck:
    """SIGKILL the producer in the middle of a submission."""
    point = rng.choice([point for point in POINTS if point.startswith(("ledger", "canvas"))])
    traps = world.producer.traps
    marker = traps.set_once(point, "kill")
    return Struck("producer in mid-submit", 5, traps.clear, marker=marker)


def restart_broker(world: World, _: Random) -> Struck:
    """Kill the broker, and start it again."""
    world.restart_broker()
    return Struck("broker restarted")


def empty_broker(world: World, _: Random) -> Struck:
    """FLUSHALL."""
    world.redis.flushall()
    return Struck("broker emptied")


def restart_ledger(world: World, _: Random) -> Struck | None:
    """Crash PostgreSQL, and start it again."""
    if world.site.server is None:
        return None
    world.site.server.stop()
    world.site.server.start()
    return Struck("ledger restarted")


def kill_erp(world: World, rng: Random) -> Struck | None:
    """SIGKILL the ERP's server, and start it again after some seconds."""
    server = world.erp.server
    if server is None or not server.is_up:
        return None
    server.kill()
    return Struck("ERP", rng.uniform(0, 3), server.start)


def cut(world: World, rng: Random) -> Struck:
    """Reset every connection of a line."""
    line, name = _line(world, rng)
    line.cut()
    return Struck(f"{name} cut")


def silence(world: World, rng: Random) -> Struck:
    """Pull the cable of a line for some seconds."""
    line, name = _line(world, rng)
    line.silence(True)
    return Struck(f"{name} silent", rng.uniform(0.5, 4), lambda: line.silence(False))


def slow(world: World, rng: Random) -> Struck:
    """Make a line slow for some seconds."""
    line, name = _line(world, rng)
    line.latency = rng.uniform(0.02, 0.2)
    return Struck(f"{name} slow", rng.uniform(1, 4), lambda: setattr(line, "latency", 0.0))


def fill_disk(world: World, rng: Random) -> Struck | None:
    """Leave the ledger no byte to write to."""
    disk = world.site.disk
    if disk is None:
        return None
    disk.fill()
    return Struck("disk full", rng.uniform(0.5, 3), disk.empty)


def step_clock(world: World, rng: Random) -> Struck:
    """Put the clock of one service's processes a minute ahead, or back."""
    service = rng.choice(world.services)
    service.traps.set(f"clock={rng.choice((60, -60))}")
    return Struck("clock stepped", rng.uniform(1, 5), service.traps.clear)


def freeze(world: World, rng: Random) -> Struck:
    """SIGSTOP a node until its leases are over."""
    node = rng.choice(world.nodes)
    node.signal(signal.SIGSTOP)
    lasts = world.timing["lease_seconds"] * rng.uniform(0.5, 2)
    return Struck("node frozen", lasts, lambda: node.signal(signal.SIGCONT))


def freeze_child(world: World, rng: Random) -> Struck | None:
    """SIGSTOP one process of a pool; its parent goes on to beat for it."""
    children = [pid for node in world.nodes for pid in node.children()]
    if not children:
        return None
    victim = rng.choice(children)
    send(victim, signal.SIGSTOP)
    return Struck("child frozen", 2, lambda: send(victim, signal.SIGCONT))


def trap(world: World, rng: Random) -> Struck:
    """Break a process at a point of the production code."""
    service = rng.choice(world.services)
    point = rng.choice(sorted(POINTS))
    # What is raised within a task is the task's own error, and fails its step as it should.
    errors = () if point in WITHIN_A_TASK else ("exit", "raise")
    action = rng.choice(("kill", "kill", "kill:group", "delay:1", *errors))
    marker = service.traps.set_once(point, action)
    return Struck(f"failpoint {action}", 5, service.traps.clear, marker=marker)


def _line(world: World, rng: Random) -> tuple[Line, str]:
    name = rng.choice(sorted(world.lines_to))
    return world.lines_to[name], f"line to the {name}"


#: Every blow, with how often it falls compared with the others.
BLOWS: dict[Blow, int] = {
    kill_child: 4,
    kill_parent: 2,
    kill_node: 2,
    kill_pool: 1,
    kill_maintenance: 2,
    kill_producer: 1,
    kill_in_submit: 2,
    restart_broker: 1,
    empty_broker: 1,
    restart_ledger: 1,
    kill_erp: 1,
    cut: 2,
    silence: 1,
    slow: 1,
    fill_disk: 1,
    step_clock: 1,
    freeze: 1,
    freeze_child: 1,
    trap: 6,
}
