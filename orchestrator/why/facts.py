"""What is known of a run that does not move: plain values, read at one moment."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from orchestrator.definition.wait_for import WaitKind
from orchestrator.plan import Plan
from orchestrator.states import (
    FINAL_STEP_STATES,
    ExecutionMode,
    Priority,
    RunState,
    StepState,
    broker_level,
)

#: What is held back: the run itself, its workflow, the run that began it, or a pool.
HeldKind = Literal["run", "workflow", "parent", "pool"]


@dataclass(frozen=True, slots=True)
class Held:
    """Who holds back a run, or a pool, and why."""

    kind: HeldKind
    by: str
    reason: str
    at: dt.datetime


@dataclass(frozen=True, slots=True)
class Ahead:
    """A step that a session puts first.

    Attributes:
        step: None: the run as a whole, which comes to its end.
        level: its priority.
    """

    run: str
    step: str | None
    level: int


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """The session that says when a run's steps start.

    Attributes:
        ahead: what goes first in it; None where its steps do not wait for each other.
    """

    name: str
    mode: ExecutionMode
    ahead: Ahead | None = None


@dataclass(frozen=True, slots=True)
class RunFacts:
    """The run.

    Attributes:
        ending: the state it takes when nothing of it runs any more, and nothing is left to undo.
        ending_since: when that began.
        session: the one that admits its steps; None: they are free.
    """

    id: str
    workflow: str
    state: RunState
    submitted_at: dt.datetime
    ending: RunState | None = None
    ending_since: dt.datetime | None = None
    paused: Held | None = None
    session: SessionFacts | None = None


@dataclass(frozen=True, slots=True)
class PoolFacts:
    """A pool, and what waits in its queue.

    Attributes:
        alive: its processes whose lease holds.
        last_seen: when the last of those ended whose lease does not hold, if that is known.
        knows: names of the tasks that some living worker of it knows; None: any may be.
        waiting: how many steps wait at each level of the broker.
    """

    name: str
    alive: int = 0
    last_seen: dt.datetime | None = None
    knows: frozenset[str] | None = None
    paused: Held | None = None
    waiting: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WaitFacts:
    """What a waiting step has asked for.

    Attributes:
        until: the end of a timer, the deadline of an answer.
        claimed_until: when a claim ends unless its holder beats; a person's does not end.
    """

    kind: WaitKind
    name: str
    since: dt.datetime
    until: dt.datetime | None = None
    claimed_by: str | None = None
    claimed_until: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class WorkerFacts:
    """Who holds a running step."""

    host: str
    pid: int
    is_alive: bool


@dataclass(frozen=True, slots=True)
class HolderFacts:
    """Who holds permits of a resource.

    Attributes:
        who: a step of a run, a run as a whole, or whatever else asked.
        where: the process that works with them, `host:pid`; None where none does.
    """

    who: str
    amount: int
    since: dt.datetime
    where: str | None = None


@dataclass(frozen=True, slots=True)
class PermitFacts:
    """What a parked step waits for.

    Attributes:
        cause: why it cannot have it, a part of a sentence.
        place: its place in line for the resource, from 1.
    """

    resource: str
    cause: str
    place: int
    holders: tuple[HolderFacts, ...] = ()


@dataclass(frozen=True, slots=True)
class LineFacts:
    """The line before a pool in which a step waits for its turn.

    Attributes:
        fair_key: of its run.
        own: how many steps of this key stand in it.
        keys: how many keys do.
    """

    fair_key: str
    own: int
    keys: int


@dataclass(frozen=True, slots=True)
class ChildFacts:
    """The child run that a step waits for.

    Attributes:
        waits: what it waits for itself, a sentence; None where it was not asked.
    """

    id: str
    workflow: str
    state: RunState
    waits: str | None = None


@dataclass(frozen=True, slots=True)
class StepFacts:
    """A step.

    Attributes:
        place: how many steps of its level are before it in the queue, and itself.
        elements: of a map: how many of its elements are in each state.
        waits_on: of a map: what the first of its elements waits for, a sentence.
        line: of one that takes turns.
        error: type and message of the last attempt that failed.
    """

    name: str
    kind: str
    state: StepState
    task: str = ""
    queue: str = ""
    priority: int = Priority.NORMAL
    boost: int = 0
    attempts: int = 0
    losses: int = 0
    forgiven: int = 0
    parent: str | None = None
    ready_at: dt.datetime | None = None
    queued_at: dt.datetime | None = None
    due_at: dt.datetime | None = None
    started_at: dt.datetime | None = None
    failed_at: dt.datetime | None = None
    deadline_at: dt.datetime | None = None
    ended_at: dt.datetime | None = None
    start_within: float | None = None
    error: tuple[str, str] | None = None
    reason: str | None = None
    worker: WorkerFacts | None = None
    wait: WaitFacts | None = None
    child: ChildFacts | None = None
    permit: PermitFacts | None = None
    place: int | None = None
    elements: Mapping[StepState, int] = field(default_factory=dict)
    waits_on: str | None = None
    line: LineFacts | None = None

    @property
    def level(self) -> int:
        """The level of the broker that it waits at."""
        return broker_level(self.priority, self.boost)

    @property
    def free_since(self) -> dt.datetime | None:
        """Since when nothing but a worker is missing to it."""
        return self.ready_at or self.queued_at

    @property
    def is_free(self) -> bool:
        """Say whether nothing but a worker is missing to it."""
        return self.state in (StepState.READY, StepState.QUEUED)


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is known.

    Attributes:
        states: of every step of the definition, and of the undoings, by name.
        steps: the unfinished ones, or the one that is asked for.
        silent: why the broker does not answer; None: it does, or was not asked.
    """

    run: RunFacts
    plan: Plan
    states: Mapping[str, StepState]
    steps: tuple[StepFacts, ...]
    pools: Mapping[str, PoolFacts]
    max_losses: int
    silent: str | None = None

    def is_open(self, step: str) -> bool:
        """Say whether a step has not come to its end."""
        return self.states[step] not in FINAL_STEP_STATES
