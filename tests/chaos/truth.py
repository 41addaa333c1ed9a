"""What really happened, by what the steps said themselves, and what the ledger made of it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median

from orchestrator import RunState, Workflow
from tests.chaos.blows import Struck
from tests.chaos.booking import overbooked
from tests.chaos.expectation import Expectation
from tests.chaos.producer import Asked
from tests.chaos.trap_file import Fall
from tests.chaos.works import record
from tests.chaos.works.errand import ERRAND
from tests.chaos.world import World


@dataclass
class Truth:
    """The sums of a world that was broken and went on.

    Attributes:
        unended: runs that did not succeed, with their states.
        lost: steps that never came to their end.
        doubled: effects that were made twice or not at all, and completions recorded twice.
        disordered: steps that began before a predecessor had come to its end.
        overbooked: moments at which steps that counted held more than there is.
        recoveries: by kind of blow, the seconds until each run it met went on.
    """

    runs: int = 0
    steps: int = 0
    unended: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    disordered: list[str] = field(default_factory=list)
    overbooked: list[str] = field(default_factory=list)
    recoveries: dict[str, list[float]] = field(default_factory=dict)

    @property
    def faults(self) -> list[str]:
        """Everything that must not be."""
        return [*self.unended, *self.lost, *self.doubled, *self.disordered, *self.overbooked]


def truth_of(world: World, struck: Sequence[Struck]) -> Truth:
    """Hold what the steps said against what should have been, and against the ledger."""
    truth = Truth()
    effects = Counter(record.effects(world.record))
    children = 0
    for asked in world.producer.asked.values():
        assert asked.run_id is not None, f"{asked.message['key']} was never submitted"
        expected = Expectation.of(Workflow.model_validate(asked.message["workflow"]))
        children += expected.children
        _judge(world, truth, asked.run_id, expected, effects)
    for run in world.coordinator.runs(workflow=ERRAND.name, limit=1_000_000):
        _judge(world, truth, run.id, Expectation.of(ERRAND), effects)
    wanted = len(world.producer.asked) + children
    if truth.runs != wanted or len(world.coordinator.runs(limit=1_000_000)) != wanted:
        truth.doubled.append(f"{wanted} runs were wanted, and there are {truth.runs}")
    truth.overbooked += overbooked(world)
    for blow in struck:
        if found := [*_recoveries(world, blow)]:
            truth.recoveries.setdefault(blow.kind, []).extend(found)
    return truth


def table(truth: Truth, struck: Sequence[Struck]) -> str:
    """Return what happened as a text: a line for each kind of blow, and the sums."""
    lines = [f"{'blow':28}{'times':>6}{'runs hit':>10}{'median s':>10}{'worst s':>9}"]
    counts = Counter(blow.kind for blow in struck if _fell(blow))
    for kind, count in sorted(counts.items()):
        seconds = truth.recoveries.get(kind) or [0.0]
        hit = len(truth.recoveries.get(kind, []))
        lines.append(f"{kind:28}{count:6}{hit:10}{median(seconds):10.2f}{max(seconds):9.2f}")
    every = [s for seconds in truth.recoveries.values() for s in seconds] or [0.0]
    sums = f"{'all':28}{counts.total():6}{len(every):10}{median(every):10.2f}{max(every):9.2f}"
    return "\n".join(
        [
            *lines,
            sums,
            f"{truth.runs} runs, {truth.steps} steps: {len(truth.unended)} not ended, "
            f"{len(truth.lost)} lost, {len(truth.doubled)} doubled, "
            f"{len(truth.disordered)} out of order, {len(truth.overbooked)} overbooked",
        ]
    )


def _judge(
    world: World,
    truth: Truth,
    run_id: str,
    expected: Expectation,
    effects: Counter[tuple[str, str]],
) -> None:
    run = world.coordinator.run(run_id)
    truth.runs += 1
    truth.steps += len(expected.completed)
    if run.state is not RunState.SUCCEEDED:
        truth.unended.append(f"run {run_id} is {run.state}: {run.error}")
    said = world.lines(run_id)
    ended = {line.step for line in said if line.event == "end"}
    truth.lost += [
        f"{run_id}:{call} was never done" for call in expected.calls if call not in ended
    ]
    truth.disordered += [f"{run_id}:{sentence}" for sentence in expected.disorder(said)]
    for call in expected.calls:
        if effects[run_id, call] != 1:
            truth.doubled.append(f"{run_id}:{call} made {effects[run_id, call]} effects")
    events = world.coordinator.events(run_id)
    completed = Counter(event.step for _, event in events if event.name == "step.succeeded")
    for step in expected.completed:
        if completed[step] != 1:
            truth.doubled.append(f"{run_id}:{step} was completed {completed[step]} times")


def _fell(blow: Struck) -> bool:
    return blow.marker is None or Fall.read(blow.marker) is not None


def _recoveries(world: World, blow: Struck) -> Iterator[float]:
    """Give the time from a blow to the next line of each run that was under way.

    And of each step that lost its process: to the next line of that very step. What lasts is
    over when it is taken back; what ends a process is over at once.
    """
    at, victims = blow.at + blow.lasts, set(blow.victims)
    if blow.marker is not None:
        if (fall := Fall.read(blow.marker)) is None:
            return
        at, victims = fall.at, {fall.pid}
    for asked in world.producer.asked.values():
        yield from _of_run(world, asked, at)
        yield from _of_steps(world, asked, at, victims)


def _of_run(world: World, asked: Asked, at: float) -> Iterator[float]:
    times = [line.at for line in world.lines(asked.run_id or "")]
    later = [time for time in times if time > at]
    if asked.at < at and later:
        yield min(later) - at


def _of_steps(world: World, asked: Asked, at: float, victims: set[int]) -> Iterator[float]:
    said = world.lines(asked.run_id or "")
    ends = {(line.step, line.attempt) for line in said if line.event == "end"}
    for line in said:
        at_work = line.event == "start" and (line.step, line.attempt) not in ends
        if at_work and line.pid in victims and line.at < at:
            later = [other.at for other in said if other.step == line.step and other.at > at]
            yield from [min(later) - at] if later else []
