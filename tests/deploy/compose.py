"""docker-compose.yml as a test reads it."""

from typing import Any

import yaml

from tests.repository import ROOT

FILE = ROOT / "docker-compose.yml"
#: the two servers are other people's images; the rest is ours
SERVERS = {"valkey", "postgres"}
POOLS = {"inventory", "scheduling", "billing", "messaging"}


def document() -> dict[str, Any]:
    """Return the whole file, its anchors merged."""
    loaded = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    assert isinstance(loaded, dict)
    return loaded


def services() -> dict[str, dict[str, Any]]:
    """Return every service by name."""
    return dict(document()["services"])


def ours() -> dict[str, dict[str, Any]]:
    """Return the services that run our image, by name."""
    return {name: service for name, service in services().items() if name not in SERVERS}
