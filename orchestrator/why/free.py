"""Why a step that could start does not: nothing of it is missing but a worker."""

from collections.abc import Callable

from orchestrator.definition import durations
from orchestrator.states import ExecutionMode, Priority, StepState
from orchestrator.why.facts import Ahead, Facts, Held, PoolFacts, StepFacts
from orchestrator.why.reasons import Cause, Reason, at

#: The kinds of steps that workers do.
_WORKED = ("task", "undo")


def run_is_held(facts: Facts, step: StepFacts) -> Reason | None:
    """Say who holds back the run; what is undone is undone in any case."""
    held = facts.run.paused
    if held is None or step.kind == "undo":
        return None
    what = {
        "run": f"run {facts.run.id}",
        "workflow": f"workflow {facts.run.workflow!r}",
        "parent": f"the run that began run {facts.run.id}",
    }[held.kind]
    name = facts.run.workflow if held.kind == "workflow" else facts.run.id
    return _held(step, held, what, name)


def pool_is_held(facts: Facts, step: StepFacts) -> Reason | None:
    """Say who holds back the pool."""
    pool = _pool(facts, step)
    if pool is None or pool.paused is None:
        return None
    return _held(step, pool.paused, f"pool {pool.name!r}", pool.name)


def _held(step: StepFacts, held: Held, what: str, name: str) -> Reason:
    sentence = f"waits until {what} is resumed: {held.by} paused it at {at(held.at)}"
    return Reason(step.name, Cause.PAUSED, f"{sentence} ({held.reason})", (name,), held.at)


def not_admitted(facts: Facts, step: StepFacts) -> Reason | None:
    """Say that its session lets others go first."""
    session = facts.run.session
    if session is None or step.state is not StepState.READY or step.kind == "undo":
        return None
    since = step.free_since
    sentence = f"waits until session {session.name!r} admits it ({session.mode})"
    first = session.ahead
    if first is not None and _goes_before(first, facts, step):
        what = f"run {first.run}, which comes to its end,"
        if first.step is not None:
            what = f"step {first.step!r} of run {first.run}"
        on = (session.name, first.run)
        return Reason(step.name, Cause.SESSION, f"{sentence}: {what} is before it", on, since)
    if session.mode is ExecutionMode.RESOURCE_AWARE and step.kind in _WORKED:
        sentence = f"{sentence}: when a process of pool {step.queue!r} is free"
    return Reason(step.name, Cause.SESSION, sentence, (session.name,), since)


def _goes_before(first: Ahead, facts: Facts, step: StepFacts) -> bool:
    session = facts.run.session
    if session is not None and session.mode is ExecutionMode.PRIORITY:
        return first.level < step.priority
    return (first.run, first.step) != (facts.run.id, step.name)


def not_opened(_facts: Facts, step: StepFacts) -> Reason | None:
    """Say that nobody has begun to wait on behalf of a step that no worker does."""
    if step.kind in _WORKED:
        return None
    sentence = "is about to begin: maintenance opens it if whoever set it free does not"
    return Reason(step.name, Cause.OPENING, sentence, (), step.free_since)


def no_worker(facts: Facts, step: StepFacts) -> Reason | None:
    """Say that no worker of its pool is alive."""
    pool = _pool(facts, step)
    if pool is None or pool.alive:
        return None
    seen = "none was seen within the hour"
    if pool.last_seen is not None:
        seen = f"the last was seen until {at(pool.last_seen)}"
    sentence = f"waits for a worker: no worker of pool {pool.name!r} is alive; {seen}"
    return _free(step, Cause.NO_WORKER, sentence)


def unknown_task(facts: Facts, step: StepFacts) -> Reason | None:
    """Say that no worker of its pool knows its task."""
    pool = _pool(facts, step)
    if pool is None or pool.knows is None or step.task in pool.knows:
        return None
    sentence = (
        f"waits for a worker: no worker of pool {pool.name!r} knows task {step.task!r}; "
        "it starts when one with newer code does"
    )
    return _free(step, Cause.UNKNOWN_TASK, sentence)


def silent_broker(facts: Facts, step: StepFacts) -> Reason | None:
    """Say that nothing comes to the broker, nor from it."""
    if facts.silent is None or step.kind not in _WORKED:
        return None
    way = "comes from" if step.state is StepState.QUEUED else "has come to"
    sentence = f"waits until the broker answers, and its message {way} it: {facts.silent}"
    return _free(step, Cause.BROKER, sentence)


def held_back(facts: Facts, step: StepFacts) -> Reason | None:
    """Say that others of its pool, which were free with it, go first."""
    if step.state is not StepState.READY or step.queued_at is not None:
        return None
    crowd = sum(each.queued_at is None for each in facts.steps if each.queue == step.queue)
    sentence = (
        f"waits for its turn: {crowd:,} steps of the run are held back for pool {step.queue!r}, "
        "and each that ends lets the next one go"
    )
    return _free(step, Cause.LIMIT, sentence)


def not_its_turn(_facts: Facts, step: StepFacts) -> Reason | None:
    """Say that others have their turn at the pool."""
    if step.state is not StepState.READY or step.line is None:
        return None
    line = step.line
    sentence = (
        f"waits for its turn at pool {step.queue!r}, where runs take turns by what they are fair "
        f"by: {line.own:,} {'step' if line.own == 1 else 'steps'} of {line.fair_key!r} "
        f"{'stands' if line.own == 1 else 'stand'} in line, "
        f"{'alone' if line.keys == 1 else f'one of {line.keys:,} who do'}"
    )
    return _free(step, Cause.TURN, sentence)


def not_sent(_facts: Facts, step: StepFacts) -> Reason | None:
    """Say that its message has not gone out."""
    if step.state is not StepState.READY:
        return None
    sentence = "waits until its message is with the broker; maintenance sends it"
    return _free(step, Cause.OUTBOX, sentence)


def was_lost(facts: Facts, step: StepFacts) -> Reason | None:
    """Say that it has ended workers, and is tried again."""
    if not step.losses:
        return None
    sentence = (
        f"lost its worker {step.losses} of at most {facts.max_losses} times, and waits for "
        f"another: {_place(facts, step)}"
    )
    return _free(step, Cause.POISON, sentence)


def queued(facts: Facts, step: StepFacts) -> Reason:
    """Say how much is before it in the queue."""
    return _free(step, Cause.QUEUE, f"waits for a worker: {_place(facts, step)}")


#: The first that applies is the reason; the last always does.
CAUSES: tuple[Callable[[Facts, StepFacts], Reason | None], ...] = (
    run_is_held,
    pool_is_held,
    not_admitted,
    not_opened,
    no_worker,
    unknown_task,
    silent_broker,
    held_back,
    not_its_turn,
    not_sent,
    was_lost,
    queued,
)


def _pool(facts: Facts, step: StepFacts) -> PoolFacts | None:
    return facts.pools.get(step.queue) if step.kind in _WORKED else None


def _free(step: StepFacts, cause: Cause, sentence: str) -> Reason:
    if step.start_within is not None and step.free_since is not None:
        limit = durations.words(step.start_within)
        sentence = f"{sentence}; it fails if it has not started {limit} after it could"
    return Reason(step.name, cause, sentence, (step.queue,), step.free_since)


def _place(facts: Facts, step: StepFacts) -> str:
    pool = facts.pools[step.queue]
    before = sum(count for level, count in pool.waiting.items() if level < step.level)
    priority = Priority(step.priority).name
    raised = f", raised by {step.boost} for having waited long," if step.boost else ""
    place = f"it is number {step.place:,} " if step.place is not None else "it is "
    return (
        f"{place}in the queue of pool {pool.name!r} at {priority}{raised} behind {before:,} "
        f"more urgent ones, and {pool.alive:,} {_processes(pool.alive)} alive"
    )


def _processes(count: int) -> str:
    return "process is" if count == 1 else "processes are"
