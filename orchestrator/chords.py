"""Celery's chords, but a step may stand in the header of several.

A Celery message has room for one chord, so by itself Celery can run only
series-parallel DAGs. Here a finished step gives its part to each of its joins with
Celery's own counter: the script that counts parts, drops a part that comes twice and
lets one worker alone publish the body. Nothing but references is counted: the parts
are empty, and the body reads its inputs from the ledger.

A chord is `run:join:generation`. Whoever gives the first part sets the size, so a
chord that Redis forgot begins again; and what was lost with it, maintenance finds.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from celery import states
from celery.backends.redis import RedisBackend
from celery.canvas import Signature
from redis import Redis
from redis.commands.core import Script
from redis.exceptions import ConnectionError as NotConnected
from redis.exceptions import TimeoutError as NoAnswer
from typing_extensions import override

from orchestrator.broker import keepalive
from orchestrator.failpoints import reach

log = logging.getLogger(__name__)

#: No chord's keys outlive this, whatever becomes of its run.
EXPIRES_SECONDS = 7 * 24 * 3600

_SUFFIXES = (".j", ".t", ".s", ".d", ".c")
#: Nothing is ever kept under this one.
_NO_SIZE = ".none"


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
    connparams: dict[str, Any]
    chord_expires: int | None
    _chord_result_expires: int
    _chord_zset: bool
    _chord_part_return_script: Script

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
        except (NotConnected, NoAnswer) as error:
            # The ledger knows which steps are done: maintenance publishes the joins.
            log.warning("chord parts are not given: %s", error)

    def give(self, parts: Iterable[Part]) -> None:
        """Give parts to their chords; the last part of a chord publishes its body.

        Raises:
            redis.exceptions.RedisError: the broker does not answer.
        """
        of_chords: dict[str, list[Part]] = defaultdict(list)
        for part in parts:
            of_chords[part.chord].append(part)
        for *earlier, last in of_chords.values():
            if earlier:
                self._count(earlier)
            reach("chords.giving")
            self._give(last)
            reach("chords.given")

    def forget_chords(self, chords: list[str]) -> None:
        """Delete what is left of these chords; what Redis is not told, it forgets in time.

        Raises:
            redis.exceptions.RedisError: the broker does not answer.
        """
        keys = [self.get_key_for_group(chord, suffix) for chord in chords for suffix in _SUFFIXES]
        for start in range(0, len(keys), 1000):
            self.client.unlink(*keys[start : start + 1000])

    def _give(self, part: Part) -> None:
        self._set_size(self.client, part)
        one_chord = SimpleNamespace(
            id=part.step, group=part.chord, group_index=part.index, chord=part.body()
        )
        # Always a success: the ledger says how the step ended, and the body asks the ledger.
        super().on_chord_part_return(one_chord, states.SUCCESS, None)

    def _count(self, parts: Sequence[Part]) -> None:
        """Count parts of a chord that is given another one after them, in one go.

        Celery's own script counts each. It is told of no size, so that it lets none of them
        publish the body: that is for the last one.
        """
        chord = parts[0].chord
        suffixes = (".j", ".t", _NO_SIZE, ".d", "", ".c")
        keys = [self.get_key_for_group(chord, suffix) for suffix in suffixes]
        result = self.encode_result(None, states.SUCCESS)
        expire = (self.chord_expires or 0, self._chord_result_expires, EXPIRES_SECONDS, chord)
        with self.client.pipeline(transaction=False) as pipe:
            self._set_size(pipe, parts[0])
            for part in parts:
                reach("chords.giving")
                encoded = self.encode([1, part.step, states.SUCCESS, result])
                ordered = (1 if self._chord_zset else 0, part.index)
                self._chord_part_return_script(
                    keys=keys, args=[part.step, encoded, *ordered, *expire], client=pipe
                )
            pipe.execute()

    def _set_size(self, client: Redis, part: Part) -> None:
        key = self.get_key_for_group(part.chord, ".s")
        client.set(key, part.size, nx=True, ex=EXPIRES_SECONDS)
