"""What runs on the embedded broker: the commands that production runs, one process each."""

import socket
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from orchestrator.settings import Settings

ORCHESTRATOR = (sys.executable, "-m", "orchestrator")


@dataclass(frozen=True)
class Service:
    """A command that runs as long as the stack does.

    Attributes:
        name: names its log.
        argv: the command.
        ready: whether it does its work by now.
        environment: what its environment has beyond that of the stack.
        is_first: the others are started only when this one is ready.
    """

    name: str
    argv: tuple[str, ...]
    ready: Callable[[], bool]
    environment: Mapping[str, str] = field(default_factory=dict)
    is_first: bool = False


def services(
    settings: Settings,
    domains: Iterable[str] | Mapping[str, int],
    *,
    concurrency: int = 2,
    flower_port: int | None = None,
) -> list[Service]:
    """Return the services of a whole stack.

    Args:
        settings: of the stack; its home gets the files with which services show that they live.
        domains: one pool each; a mapping says how many processes each has.
        concurrency: processes of a pool of which nothing else is said.
        flower_port: where to run Flower, on loopback; none when absent.
    """
    sizes = domains if isinstance(domains, Mapping) else dict.fromkeys(domains, concurrency)
    return [
        *([_flower(flower_port)] if flower_port else []),
        *(_pool(settings, domain, size) for domain, size in sizes.items()),
        _beating(settings, "maintenance", "maintenance"),
    ]


def beat_files(settings: Settings) -> Path:
    """Return the folder of the files that services touch."""
    return settings.home / "beats"


def _pool(settings: Settings, domain: str, size: int) -> Service:
    return _beating(settings, domain, "worker", domain, "--concurrency", str(size))


def _beating(settings: Settings, name: str, *command: str) -> Service:
    beat = beat_files(settings) / name
    environment = {"ORCHESTRATOR_BEAT_FILE": str(beat)}
    return Service(name, (*ORCHESTRATOR, *command), beat.exists, environment)


def _flower(port: int) -> Service:
    # It shows only what happened while it was up, so it comes before all others.
    argv = (*ORCHESTRATOR, "flower", "--port", str(port))
    return Service("flower", argv, lambda: _listens(port), is_first=True)


def _listens(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=0.5):
            return True
    except OSError:
        return False
