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
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from types import SimpleNamespace
from typing import Any

from celery import states
from celery.backends.redis import RedisBackend
from celery.canvas import Signature
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
#: What the script that counts is given; nothing is ever kept under `.none`, for the size.
_WITHOUT_SIZE = (".j", ".t", ".none", ".d", "", ".c")


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
        for last in self._counted(of_chords):
            self._publish(last)
        reach("chords.given")

    def forget_chords(self, chords: list[str]) -> None:
        """Delete what is left of these chords; what Redis is not told, it forgets in time.

        Raises:
            redis.exceptions.RedisError: the broker does not answer.
        """
        keys = [self.get_key_for_group(chord, suffix) for chord in chords for suffix in _SUFFIXES]
        for start in range(0, len(keys), 1000):
            self.client.unlink(*keys[start : start + 1000])

    def _counted(self, of_chords: Mapping[str, Sequence[Part]]) -> list[Part]:
        """Count parts in one go; return one of each chord that has all of its parts now.

        Celery's own script counts each. It is told of no size, so that it lets none of them
        publish the body: that is for those who are given a part again, see `_publish`.
        """
        script = self._chord_part_return_script
        with self.client.pipeline(transaction=False) as pipe:
            # The first brings the script along: Redis may have been emptied.
            count, it = pipe.eval, script.script
            for chord, parts in of_chords.items():
                keys = [self.get_key_for_group(chord, suffix) for suffix in _WITHOUT_SIZE]
                size = self.get_key_for_group(chord, ".s")
                pipe.set(size, parts[0].size, nx=True, ex=EXPIRES_SECONDS)
                for part in parts:
                    reach("chords.giving")
                    count(it, len(keys), *keys, *self._said(part))
                    count, it = pipe.evalsha, script.sha
            answers = iter(pipe.execute())
        reach("chords.counted")
        complete = []
        for parts in of_chords.values():
            _, *counted = islice(answers, 1 + len(parts))
            if counted[-1][0] >= parts[-1].size:
                complete.append(parts[-1])
        return complete

    def _said(self, part: Part) -> Sequence[Any]:
        """Return the arguments of Celery's script for a part."""
        # Always a success: the ledger says how the step ended, and the body asks the ledger.
        result = self.encode(
            [1, part.step, states.SUCCESS, self.encode_result(None, states.SUCCESS)]
        )
        ordered = (1 if self._chord_zset else 0, part.index)
        expire = (self.chord_expires or 0, self._chord_result_expires, EXPIRES_SECONDS)
        return (part.step, result, *ordered, *expire, part.chord)

    def _publish(self, part: Part) -> None:
        """Publish the body of a chord that has all its parts, unless another does.

        A part that is given again is not counted again, and lets Celery see that it has them all.
        """
        one_chord = SimpleNamespace(
            id=part.step, group=part.chord, group_index=part.index, chord=part.body()
        )
        super().on_chord_part_return(one_chord, states.SUCCESS, None)
