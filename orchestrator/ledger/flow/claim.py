"""What a claim is made from and what comes of it: a message, a step that is held or wanted."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from orchestrator import clock
from orchestrator.ledger import events


@dataclass(frozen=True, slots=True)
class Message:
    """What a broker delivers: a step of a run, and which attempt of it is asked for.

    Attributes:
        level: the broker's; None where it is not known.
        grant: the request that was granted while the step was parked, and the token of that.
    """

    run_id: str
    step: str
    attempt: int
    level: int | None = None
    grant: tuple[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """A step that a worker holds, until another token takes the place of this one.

    Attributes:
        failures: attempts before this one that failed by themselves.
        as_planned: so stood the run when it was taken, see `tables.runs`.
    """

    run_id: str
    step: str
    attempt: int
    failures: int
    token: str
    worker: str
    version: str
    as_planned: bool

    def event(self, name: str, **detail: Any) -> dict[str, Any]:
        """Return an event of this attempt as a row."""
        return events.event(
            name, self.run_id, self.step, attempt=self.attempt, worker=self.worker, **detail
        )


@dataclass(frozen=True, slots=True)
class Wanting:
    """A step that could start if it held its permits: take them, and claim it with them.

    Attributes:
        attempt: the one that the permits are for.
        boost: levels of that priority it has gained by waiting long.
        since: when nothing but a worker and the permits was missing.
        fair_key: on whose behalf it takes what is shared fairly.
    """

    run_id: str
    step: str
    attempt: int
    version: str
    priority: int
    boost: int
    since: dt.datetime
    fair_key: str

    @classmethod
    def of(cls, row: Any) -> "Wanting":
        """Return what a step wants by its row, with its run's version and whom it is fair to."""
        return cls(
            run_id=row.run_id,
            step=row.name,
            attempt=row.attempts + 1,
            version=row.version,
            priority=row.priority,
            boost=row.boost,
            since=row.ready_at or clock.now(),
            fair_key=row.fair_key or "",
        )


@dataclass(frozen=True, slots=True)
class Claim(Held):
    """The right to run one attempt, and what it runs on.

    Attributes:
        results: JSON of what its inputs and condition refer to; a step that gave no result
            is absent, and an element of a map finds itself under `item`.
        idle: why there is nothing to do, a sentence.
        undoings: how often the step's success was undone.
        permit: the token of the permits that it holds; None: it needs none.
    """

    run_input: str
    results: Mapping[str, str]
    idle: str | None
    undoings: int
    permit: int | None = None
