"""The plan: what shape a workflow has, in the words of chains and chords.

    a ──▶ b ──▶ d        start  a
    │           ▲        hops   a ▶ b, a ▶ c
    └───▶ c ────┘        chord  (b, c) ▶ d

`compile` is a pure function of a definition and the names of the steps that are final,
so starting a run, resuming it after a loss and retrying from a failed step are one
thing: compile what is left. It adds no barrier. A step with one unfinished predecessor
is a hop from it; a step with several is the body of a chord whose header is exactly
those; so each step starts when its own predecessors are done, whatever the DAG. What no
chord can say (any of several, what no worker does, a preferred order) the ledger counts.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from orchestrator.definition import names
from orchestrator.definition.derived import derived_step
from orchestrator.definition.permits import Scope
from orchestrator.errors import DAGValidationError
from orchestrator.graph import graph_of, sources_of, successors, waves
from orchestrator.suggestion import did_you_mean
from orchestrator.validation import validate
from orchestrator.workflow import Step, Workflow

#: How a step is reached: a run's first steps, by one predecessor, by a chord of several, or
#: by the ledger's own count of them.
Arrival = Literal["start", "hop", "join", "count"]


#: More steps of one task that are free at once are a crowd: two for each process of their pool are
#: handed to the broker, or so many where nobody works, and the others as these end.
WINDOW = 8

#: A scope and its place in the definition.
NumberedScope = tuple[int, Scope]


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """One step and its place; names are in the order of the definition.

    Attributes:
        after: its predecessors, finished or not.
        sources: the steps whose results it refers to.
        before: the steps of the plan that wait for it.
        header: its predecessors that are not finished.
        preferred_by: the steps that rather follow it.
        opens: the scopes whose permits are taken before its own.
        closes: those that end with it.
        in_crowd: it is one of more than `WINDOW` that are free at once and differ in nothing
            that decides when they start.
    """

    step: Step
    after: tuple[str, ...]
    sources: frozenset[str]
    before: tuple[str, ...] = ()
    header: tuple[str, ...] = ()
    preferred_by: tuple[str, ...] = ()
    opens: tuple[NumberedScope, ...] = ()
    closes: tuple[NumberedScope, ...] = ()
    in_crowd: bool = False

    @property
    def takes_permits(self) -> bool:
        """Say whether it waits for permits before a worker may take it."""
        return bool(self.step.permits or self.opens)

    def fits_burst_of(self, pool: str) -> bool:
        """Say whether a worker of a pool may do it without a message of its own.

        Celery ends the process when a message has taken too long: a step with a limit comes by one.
        """
        step = self.step
        return step.kind == "task" and step.domain == pool and step.timeout is None

    @property
    def arrival(self) -> Arrival:
        """How the step is reached."""
        if not self.header:
            return "start"
        if len(self.header) == 1:
            return "hop"
        return "join" if self.is_plain else "count"

    @property
    def is_plain(self) -> bool:
        """Say whether a worker does it as soon as all before it are final."""
        return _is_plain(self.step)

    @property
    def needed(self) -> int:
        """How many predecessors must have succeeded or, for joins of all, be final."""
        join = self.step.join
        return {"any": 1}.get(join, len(self.after)) if isinstance(join, str) else join


@dataclass(frozen=True)
class Chord:
    """A join: the body starts when every step of the header is done."""

    header: tuple[str, ...]
    body: str


@dataclass(frozen=True)
class Plan:
    """What is left to do, and in which shape.

    Attributes:
        steps: by name, each after all its predecessors.
        levels: tiers; the steps of one could run side by side.
        scopes: permits that a run holds over several steps.
    """

    workflow: str
    version: str
    steps: Mapping[str, PlannedStep]
    levels: tuple[tuple[str, ...], ...]
    scopes: tuple[Scope, ...] = ()

    def __getitem__(self, name: str) -> PlannedStep:
        """Return a step of the plan, or one that stems from it: an element, an undoing."""
        planned = self.steps.get(name)
        if planned is not None:
            return planned
        step = derived_step(self.steps[names.base(name)].step, name)
        return PlannedStep(step, after=(), sources=sources_of(step))

    def is_last(self, name: str) -> bool:
        """Say whether no other step can go on when this one has ended."""
        planned = self.steps.get(name)
        return planned is not None and not (
            planned.before or planned.preferred_by or planned.in_crowd
        )

    @property
    def start(self) -> tuple[str, ...]:
        """The steps that may start at once."""
        return self.levels[0] if self.levels else ()

    @property
    def sinks(self) -> tuple[str, ...]:
        """The steps that nothing waits for."""
        return tuple(name for name, planned in self.steps.items() if not planned.before)

    @property
    def width(self) -> int:
        """The size of the widest level."""
        return max(map(len, self.levels), default=0)

    @property
    def chords(self) -> tuple[Chord, ...]:
        """The joins, in the order of `steps`."""
        return tuple(
            Chord(planned.header, name)
            for name, planned in self.steps.items()
            if planned.arrival == "join"
        )

    @property
    def chains(self) -> tuple[tuple[str, ...], ...]:
        """The linear stretches, as long as they get; each step stands in exactly one.

        Two steps are of one stretch when the later is a hop and the earlier leads to it alone.
        """
        return tuple(tuple(self._stretch(name)) for name in self.steps if not self._continues(name))

    @property
    def critical_path(self) -> tuple[str, ...]:
        """The longest way through, by number of steps; of several the first as defined."""
        depth = {name: level for level, names in enumerate(self.levels) for name in names}
        path = [self.levels[-1][0]] if self.levels else []
        while path and depth[path[-1]]:
            above = depth[path[-1]] - 1
            path.append(next(name for name in self.steps[path[-1]].header if depth[name] == above))
        return tuple(reversed(path))

    def _continues(self, name: str) -> bool:
        """Say whether a step goes on with the stretch of its predecessor."""
        header = self.steps[name].header
        return len(header) == 1 and len(self.steps[header[0]].before) == 1

    def _stretch(self, first: str) -> Iterator[str]:
        yield first
        following = self.steps[first].before
        while len(following) == 1 and self._continues(following[0]):
            yield following[0]
            following = self.steps[following[0]].before


def compile(workflow: Workflow, finished: Collection[str] = ()) -> Plan:  # noqa: A001 - the product's word
    """Return the plan of what is left of a workflow.

    Args:
        workflow: the definition.
        finished: names of the steps that are final, whatever their outcome; with a step its
            predecessors, for the edges left out as implied by others count on them.

    Raises:
        DAGValidationError: the definition does not hold together, or has no such finished step.
        CycleDetectedError: steps wait for each other in a circle.
    """
    validate(workflow, None)
    _refuse_unknown(workflow, finished)
    return compile_sound(workflow, finished)


def compile_sound(workflow: Workflow, finished: Collection[str] = ()) -> Plan:
    """Do the same with a workflow that was found sound, without looking again."""
    sources = {step.name: sources_of(step) for step in workflow.steps}
    after = graph_of(workflow, sources)
    done = frozenset(finished)
    header = {
        name: tuple(predecessor for predecessor in predecessors if predecessor not in done)
        for name, predecessors in after.items()
        if name not in done
    }
    definitions = {step.name: step for step in workflow.steps}
    before = successors(header)
    preferred_by: dict[str, list[str]] = {name: [] for name in definitions}
    for step in workflow.steps:
        for preferred in step.prefer_after:
            preferred_by[preferred].append(step.name)
    levels = tuple(tuple(wave) for wave in waves(header))
    opens: dict[str, tuple[NumberedScope, ...]] = {}
    closes: dict[str, tuple[NumberedScope, ...]] = {}
    for numbered in enumerate(workflow.scopes):
        for places, name in ((opens, numbered[1].first), (closes, numbered[1].last)):
            places[name] = (*places.get(name, ()), numbered)
    crowds = _crowds(definitions, after, workflow.scopes)
    return Plan(
        workflow=workflow.name,
        version=workflow.version,
        steps={
            name: PlannedStep(
                definitions[name],
                after[name],
                sources[name],
                tuple(before[name]),
                header[name],
                tuple(preferred_by[name]),
                opens.get(name, ()),
                closes.get(name, ()),
                name in crowds,
            )
            for level in levels
            for name in level
        },
        levels=levels,
        scopes=workflow.scopes,
    )


def _crowds(
    definitions: Mapping[str, Step],
    after: Mapping[str, Collection[str]],
    scopes: Collection[Scope],
) -> frozenset[str]:
    """Return the steps that are free with more than `WINDOW` others like them.

    What takes permits is not among them: others would wait behind it for what they do not need.
    Nor is what has a time limit, which no burst does.
    """
    opening = {scope.first for scope in scopes}
    together: dict[tuple[object, ...], list[str]] = {}
    for name, step in definitions.items():
        needs_more = step.permits or step.timeout is not None or name in opening
        if len(after[name]) <= 1 and _is_plain(step) and not needs_more:
            together.setdefault((step.task, step.priority, *after[name]), []).append(name)
    crowds = (names for names in together.values() if len(names) > WINDOW)
    return frozenset(name for names in crowds for name in names)


def _is_plain(step: Step) -> bool:
    return step.kind == "task" and step.join == "all" and not step.prefer_after


def _refuse_unknown(workflow: Workflow, finished: Collection[str]) -> None:
    known = [step.name for step in workflow.steps] if finished else []
    problems = [
        f"step {name!r} is finished but not defined{did_you_mean(name, known)}"
        for name in finished
        if name not in known
    ]
    if problems:
        raise DAGValidationError(workflow.name, problems)
