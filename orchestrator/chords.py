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
from collections.abc import Iterable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from celery import states
from celery.backends.redis import RedisBackend
from celery.canvas import Signature
from redis.exceptions import ConnectionError as NotConnected
from redis.exceptions import TimeoutError as NoAnswer
from typing_extensions import override

from orchestrator.broker import keepalive
from orchestrator.failpoints import reach

log = logging.getLogger(__name__)

#: No chord's keys outlive this, whatever becomes of its run.
EXPIRES_SECONDS = 7 * 24 * 3600

_SUFFIXES = (".j", ".t", ".s", ".d", ".c")


@dataclass(frozen=True, slots=True)
class Part:
    """What one finished step gives to one join.

    Attributes:
        step: `run:step` of the giver; two attempts of it are one part.
        chord: `run:join:generation`.
        size: how many parts the chord has.
        index: the giver's place in the header.
        body: the join, to be published with the last part.
    """

    step: str
    chord: str
    size: int
    index: int
    body: Signature


class SharedHeaderBackend(RedisBackend):
    """Celery's Redis backend; a request with `parts` counts in several chords."""

    connparams: dict[str, Any]  #: set by Celery; its stubs do not name it

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
        for part in parts:
            reach("chords.giving")
            self._give(part)
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
        size_key = self.get_key_for_group(part.chord, ".s")
        self.client.set(size_key, part.size, nx=True, ex=EXPIRES_SECONDS)
        one_chord = SimpleNamespace(
            id=part.step, group=part.chord, group_index=part.index, chord=part.body
        )
        # Always a success: the ledger says how the step ended, and the body asks the ledger.
        super().on_chord_part_return(one_chord, states.SUCCESS, None)
