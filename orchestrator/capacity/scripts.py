"""The Lua scripts, put together from their parts, and the one way to run them."""

import hashlib
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import redis
from redis.exceptions import NoScriptError

from orchestrator.capacity.keys import keys
from orchestrator.capacity.refusals import Closed, PermitsClosed, SessionEnded, UnknownResource
from orchestrator.errors import ConfigurationError

_INCLUDE = re.compile(r"^--include (\w+)$", re.MULTILINE)
_CLOSED = {why.value.encode(): why for why in Closed}
#: What a script is given beside its keys and its own arguments: the epoch, and what was seen.
_OWN_ARGUMENTS = 2


@cache
def sources() -> Mapping[str, str]:
    """Return the text of each file in `lua/` by its name."""
    folder = Path(__file__).parent / "lua"
    return {file.stem: file.read_text(encoding="utf-8") for file in folder.glob("*.lua")}


def assemble(name: str, texts: Mapping[str, str]) -> str:
    """Return a script with its parts in place.

    >>> assemble("release", {"release": "--include head", "head": "local now"})
    'local now'
    """
    return _INCLUDE.sub(lambda found: assemble(found[1], texts), texts[name])


class Scripts:
    """Runs the scripts of one domain, and refuses what its guard refuses."""

    def __init__(
        self,
        client: "redis.Redis",
        domain: str,
        epoch: int,
        texts: Mapping[str, str] | None = None,
    ) -> None:
        if client.get_encoder().decode_responses:
            raise ConfigurationError(
                "the Redis client decodes responses: messages are bytes, use one that does not"
            )
        self._client = client
        self._domain = domain
        self._epoch = str(epoch).encode()
        self._texts = sources() if texts is None else texts
        self._keys = keys(domain)
        self._prefixes: dict[str, tuple[Any, ...]] = {}
        self._seen = 0

    def run(self, name: str, *arguments: Any) -> list[Any]:
        """Run a script; return its reply.

        Raises:
            PermitsClosed: the domain is not what we think; nothing has happened.
            SessionEnded: the session has no lease.
            UnknownResource: nobody has registered it.
            redis.exceptions.RedisError: Redis does not answer.
        """
        prefix = self._prefixes.get(name) or self._prefix(name)
        try:
            reply = self._client.evalsha(*prefix, self._seen, *arguments)
        except NoScriptError:
            text = self._text(name)
            reply = self._client.eval(text, *prefix[1:], self._seen, *arguments)
        found: list[Any] = reply
        self._check(found)
        return found

    def run_each(self, name: str, batches: list[list[Any]]) -> None:
        """Run a script once for each batch of arguments, in one trip; refuse as `run` does."""
        with self._client.pipeline(transaction=False) as pipe:
            for batch in batches:
                pipe.eval(self._text(name), *self._prefix(name)[1:], 0, *batch)
            for reply in pipe.execute():
                self._check(reply)

    def _check(self, reply: list[Any]) -> None:
        """Note the operation, or raise what the reply refuses."""
        what = reply[0]
        if what in _CLOSED:
            raise PermitsClosed(self._domain, _CLOSED[what])
        operation = int(reply[1])
        self._seen = max(self._seen, operation)
        if what == b"unknown":
            raise UnknownResource(f"nobody has registered resource {reply[2].decode()!r}")
        if what == b"nosession":
            raise SessionEnded(f"a session of domain {self._domain!r} has no lease: beat first")

    def _text(self, name: str) -> str:
        return assemble(name, self._texts)

    def _prefix(self, name: str) -> tuple[Any, ...]:
        text = self._text(name)
        digest = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
        prefix = (digest, len(self._keys), *self._keys, self._epoch)
        self._prefixes[name] = prefix
        return prefix
