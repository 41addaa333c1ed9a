"""Celery's chords, but a step may stand in the header of several.

A Celery message has room for one chord, so by itself Celery can run only
series-parallel DAGs. Here a finished step gives its part to each of its joins with
Celery's own counter: the script that counts parts, drops a part that comes twice and
lets one worker alone publish the body. Nothing but references is counted: the parts
are empty, and the body reads its inputs from the ledger. So nobody needs to collect
results before a body is published, as Celery does, and a step that is the last of many
chords counts them in one go, publishes in one go, and closes them in one go.

A chord is `run:join:generation`. Whoever gives the first part sets the size, so a
chord that Redis forgot begins again; and what was lost with it, maintenance finds.
"""

import logging
import secrets
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any, cast

from celery import Celery, states
from celery.backends.redis import RedisBackend
from celery.canvas import Signature
from kombu.exceptions import OperationalError
from redis.client import Pipeline
from redis.commands.core import Script
from redis.exceptions import ConnectionError as NotConnected
from redis.exceptions import TimeoutError as NoAnswer
from typing_extensions import override

from orchestrator.broker import keepalive
from orchestrator.broker.publishing import publish
from orchestrator.failpoints import reach

log = logging.getLogger(__name__)

#: No chord's keys outlive this, whatever becomes of its run.
EXPIRES_SECONDS = 7 * 24 * 3600

#: For so long nobody else publishes the body of a chord that has all its parts.
_CLAIM_SECONDS = 10
#: For so long a chord is known to have been published.
_CLOSED_SECONDS = 300

#: The keys of a chord, in the order in which Celery's scripts take them.
_COUNTED = (".j", ".t", ".s", ".d", "", ".c")
_CLOSED = (".c", ".j", ".t", ".s", ".d")


@dataclass(frozen=True, slots=True)
class Part:
    """What one finished step gives to one join.

    Attributes:
        step: `run:step` of the giver; two attempts of it are one part.
        chord: `run:join:generation`.
        size: how many parts the chord has.
        index: the giver's place in the header.
        body: makes the join's message, to be published with the last part.
    """

    step: str
    chord: str
    size: int
    index: int
    body: Callable[[], Signature]


class SharedHeaderBackend(RedisBackend):
    """Celery's Redis backend; a request with `parts` counts in several chords."""

    # Celery's; its stubs do not name them.
    app: Celery
    connparams: dict[str, Any]
    chord_expires: int | None
    _chord_result_expires: int
    _chord_zset: bool
    _chord_part_return_script: Script
    _chord_cleanup_script: Script

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.connparams |= {
            "socket_keepalive": True,
            "socket_keepalive_options": keepalive.REDIS,
        }

    @override
    def on_chord_part_return(
        self, request: Any, state: str, result: Any, propagate: bool | None = None, **options: Any
    ) -> None:
        """Give each of the request's parts to its chord."""
        parts = getattr(request, "parts", None)
        if parts is None:
            super().on_chord_part_return(request, state, result, propagate, **options)
            return
        try:
            self.give(parts)
        except (NotConnected, NoAnswer, OperationalError) as error:
            # The ledger knows which steps are done: maintenance publishes the joins.
            log.warning("chord parts are not given: %s", error)

    def give(self, parts: Iterable[Part]) -> None:
        """Give parts to their chords; the last part of a chord publishes its body.

        Raises:
            redis.exceptions.RedisError: the broker does not answer.
            kombu.exceptions.OperationalError: as above, while the bodies are sent.
        """
        of_chords: dict[str, list[Part]] = defaultdict(list)
        for part in parts:
            of_chords[part.chord].append(part)
        claim = secrets.token_hex(16)
        complete = self._claimed(of_chords, claim)
        reach("chords.counted")
        if complete:
            publish(self.app, [part.body() for part in complete])
            self._close(complete, claim)
        reach("chords.given")

    def forget_chords(self, chords: list[str]) -> None:
        """Delete what is left of these chords; what Redis is not told, it forgets in time.

        Raises:
            redis.exceptions.RedisError: the broker does not answer.
        """
        keys = [key for chord in chords for key in self._keys(chord, _CLOSED)]
        for start in range(0, len(keys), 1000):
            self.client.unlink(*keys[start : start + 1000])

    def _claimed(self, of_chords: Mapping[str, Sequence[Part]], claim: str) -> list[Part]:
        """Count parts, all in one go; return one of each chord whose body is for us to publish."""
        with self.client.pipeline(transaction=False) as pipe:
            calls = _calls(pipe, self._chord_part_return_script)
            for chord, parts in of_chords.items():
                keys = self._keys(chord, _COUNTED)
                (size,) = self._keys(chord, [".s"])
                pipe.set(size, parts[0].size, nx=True, ex=EXPIRES_SECONDS)
                for part in parts:
                    reach("chords.giving")
                    next(calls)(len(keys), *keys, *self._said(part, claim))
            answers = iter(pipe.execute())
        claimed = []
        for parts in of_chords.values():
            _, *counted = islice(answers, 1 + len(parts))
            if any(is_claimed for *_, is_claimed in counted):
                claimed.append(parts[-1])
        return claimed

    def _said(self, part: Part, claim: str) -> Sequence[Any]:
        """Return the arguments of Celery's script for a part."""
        # Always a success: the ledger says how the step ended, and the body asks the ledger.
        result = self.encode_result(None, states.SUCCESS)
        kept = self.encode([1, part.step, states.SUCCESS, result])
        order = (1 if self._chord_zset else 0, part.index)
        expires = (self.chord_expires or 0, self._chord_result_expires, _CLAIM_SECONDS)
        return (part.step, kept, *order, *expires, claim)

    def _close(self, parts: Iterable[Part], claim: str) -> None:
        """Delete chords whose bodies are published, and let no part that comes late begin them."""
        with self.client.pipeline(transaction=False) as pipe:
            calls = _calls(pipe, self._chord_cleanup_script)
            for part in parts:
                keys = self._keys(part.chord, _CLOSED)
                next(calls)(len(keys), *keys, claim, _CLOSED_SECONDS)
            pipe.execute()

    def _keys(self, chord: str, suffixes: Iterable[str]) -> list[str]:
        return [self.get_key_for_group(chord, suffix) for suffix in suffixes]


def _calls(pipe: Pipeline, script: Script) -> Iterator[Callable[..., Any]]:
    """Return what calls a script in a pipeline; the first brings it, should Redis not have it."""
    yield partial(pipe.eval, cast("str", script.script))
    while True:
        yield partial(pipe.evalsha, script.sha)
