"""What the tests of whole stacks share: none of them meets another's Flower."""

import contextlib
import socket
from collections.abc import Iterator

import pytest

from orchestrator.cli.up import FLOWER_PORT


@pytest.fixture(scope="session", autouse=True)
def _taken_port() -> Iterator[None]:
    """Take the port that Flower rather has: two stacks that look at once both find it free."""
    with socket.socket() as taken:
        with contextlib.suppress(OSError):  # another runner has taken it, or somebody else
            taken.bind(("127.0.0.1", FLOWER_PORT))
            taken.listen()
        yield
