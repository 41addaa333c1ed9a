"""What a run must look like if its events are true: its state, rebuilt from them alone.

    {run.submitted, run.started, step.started a, step.succeeded a} ──▶ a succeeded, b ready

Events say what has happened; what follows from it, that a step may start, is derived from
the plan. Handing a step to the broker is no event, for a message may be lost at any time:
`ready` and `queued` are one, and so is waiting for steps that it rather follows. An element
of a map and an undoing are ready from the moment they are written, whoever goes first.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from orchestrator.definition import names
from orchestrator.errors import UnknownEvent
from orchestrator.ledger.flow.earlier import is_complete
from orchestrator.plan import Plan
from orchestrator.states import RunState, StepState


@dataclass(frozen=True, slots=True)
class Fact:
    """What is read of an event."""

    name: str
    step: str | None = None
    attempt: int | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class ReplayedStep:
    """One step.

    Attributes:
        state: None: nothing has happened to it, or it was given back.
        undoings: how often its success was undone.
    """

    state: StepState | None = None
    attempts: int = 0
    losses: int = 0
    undoings: int = 0


@dataclass(slots=True)
class ReplayedRun:
    """One run, as far as its events go."""

    version: str = ""
    state: RunState = RunState.PENDING
    ending: RunState | None = None
    has_started: bool = False
    steps: dict[str, ReplayedStep] = field(default_factory=dict)

    def step(self, event: Fact) -> ReplayedStep:
        """Return the step that an event is about."""
        return self.steps[event.step or ""]


def replay(plan_of: Callable[[str], Plan], facts: Iterable[Fact]) -> ReplayedRun:
    """Return a run as its events tell it, in the order in which they were written.

    Args:
        plan_of: gives the plan of a workflow version.

    Raises:
        UnknownEvent: a later release has written one of them, or an earlier one the first.
    """
    run = ReplayedRun()
    for event in facts:
        if event.name not in HAPPENS:
            raise UnknownEvent(f"this release does not know the event {event.name!r}")
        HAPPENS[event.name](run, event, plan_of)
    plan = plan_of(run.version)
    for name, step in run.steps.items():
        if step.state is None:
            step.state = StepState.READY if _is_reached(run, plan, name) else StepState.PENDING
    return run


def _is_reached(run: ReplayedRun, plan: Plan, name: str) -> bool:
    if name not in plan.steps:
        return True  # an element or an undoing
    planned = plan.steps[name]
    earlier = {other: run.steps[other].state or StepState.PENDING for other in planned.after}
    return is_complete(planned, earlier)


_Happens = Callable[[ReplayedRun, Fact, Callable[[str], Plan]], None]


def _submitted(run: ReplayedRun, event: Fact, plan_of: Callable[[str], Plan]) -> None:
    if "version" not in event.detail:
        raise UnknownEvent("its first event is of an earlier release, which wrote down less")
    run.version = event.detail["version"]
    run.state = RunState.PAUSED if "paused_for" in event.detail else RunState.PENDING
    run.steps = {name: ReplayedStep() for name in plan_of(run.version).steps}


def _started(run: ReplayedRun, _event: Fact, _plan_of: object) -> None:
    run.state = RunState.RUNNING
    run.has_started = True


def _paused(run: ReplayedRun, _event: Fact, _plan_of: object) -> None:
    run.state = RunState.PAUSED


def _resumed(run: ReplayedRun, _event: Fact, _plan_of: object) -> None:
    run.state = RunState.RUNNING if run.has_started else RunState.PENDING


def _ends(run: ReplayedRun, event: Fact, _plan_of: object) -> None:
    run.ending = RunState(event.detail["state"])
    if run.state is RunState.PAUSED:
        run.state = RunState.RUNNING


def _undoes(run: ReplayedRun, event: Fact, _plan_of: object) -> None:
    for name in event.detail["steps"]:
        undoing = run.steps.setdefault(names.undoing(name), ReplayedStep())
        undoing.state, undoing.losses = None, 0
        undoing.undoings = run.steps[name].undoings


def _ended(state: RunState) -> _Happens:
    def happens(run: ReplayedRun, _event: Fact, _plan_of: object) -> None:
        run.state = state

    return happens


def _step(state: StepState | None) -> _Happens:
    def happens(run: ReplayedRun, event: Fact, _plan_of: object) -> None:
        run.step(event).state = state

    return happens


def _begins(run: ReplayedRun, event: Fact, _plan_of: object) -> None:
    step = run.step(event)
    step.state = StepState.RUNNING if event.name == "step.started" else StepState.WAITING
    step.attempts = event.attempt or step.attempts
    for place in range(event.detail.get("elements", 0)):
        run.steps[names.element(event.step or "", place)] = ReplayedStep(undoings=step.undoings)


def _lost(run: ReplayedRun, event: Fact, _plan_of: object) -> None:
    step = run.step(event)
    step.state = None
    step.losses += 1


def _retried(run: ReplayedRun, event: Fact, _plan_of: object) -> None:
    run.state = RunState(event.detail["state"])
    run.ending = None


def _moved(run: ReplayedRun, event: Fact, _plan_of: object) -> None:
    run.version = event.detail["to"]


def _removed(run: ReplayedRun, event: Fact, _plan_of: object) -> None:
    for name in (event.step or "", *_elements(run, event)):
        del run.steps[name]


def _added(run: ReplayedRun, event: Fact, _plan_of: object) -> None:
    state = StepState(event.detail["state"])
    run.steps[event.step or ""] = ReplayedStep(state if state.is_final else None)


def _reset(run: ReplayedRun, event: Fact, _plan_of: object) -> None:
    step = run.step(event)
    step.state, step.losses = None, 0
    step.undoings += int(event.detail.get("anew", False))
    forgotten = [run.steps.pop(name).undoings for name in _elements(run, event)]
    if forgotten:
        step.undoings = max(forgotten) + 1  # what those did stands, and new ones have new keys


def _elements(run: ReplayedRun, event: Fact) -> list[str]:
    """Return the elements of the map that an event is about."""
    return [
        name
        for name in run.steps
        if names.base(name) == event.step and names.index(name) is not None
        if names.undone(name) is None
    ]


def _undone(run: ReplayedRun, event: Fact, _plan_of: object) -> None:
    run.step(event).undoings += 1


def _nothing(_run: ReplayedRun, _event: Fact, _plan_of: object) -> None:
    """What is worth a line in the log, and changes no state."""


#: What each event of a run means.
HAPPENS: Mapping[str, _Happens] = {
    "run.submitted": _submitted,
    "run.started": _started,
    "run.paused": _paused,
    "run.resumed": _resumed,
    "run.cancelling": _nothing,
    "run.let_stand": _nothing,
    "run.overdue": _nothing,
    "run.reprioritized": _nothing,
    "run.rerun": _nothing,
    "run.retried": _retried,
    "run.moved": _moved,
    "run.ending": _ends,
    "run.undoing": _undoes,
    "run.succeeded": _ended(RunState.SUCCEEDED),
    "run.failed": _ended(RunState.FAILED),
    "run.cancelled": _ended(RunState.CANCELLED),
    "step.started": _begins,
    "step.waiting": _begins,
    "step.claimed": _nothing,
    "step.released": _nothing,
    "step.escalated": _nothing,
    "step.raised": _nothing,
    "step.warned": _nothing,
    "step.retrying": _step(StepState.WAITING),
    "step.woken": _step(None),
    "step.lost": _lost,
    "step.succeeded": _step(StepState.SUCCEEDED),
    "step.failed": _step(StepState.FAILED),
    "step.skipped": _step(StepState.SKIPPED),
    "step.cancelled": _step(StepState.CANCELLED),
    "step.reset": _reset,
    "step.added": _added,
    "step.removed": _removed,
    "step.undone": _undone,
    "signal.received": _nothing,
    "signal.taken": _nothing,
}
