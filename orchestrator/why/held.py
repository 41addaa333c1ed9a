"""Why a step that has begun has not come to its end: it runs, or waits for something."""

from collections.abc import Callable

from orchestrator.definition import waiting
from orchestrator.states import RunState, StepState
from orchestrator.why.facts import Facts, HolderFacts, StepFacts
from orchestrator.why.reasons import Cause, Reason, at, listed

#: So many holders are named.
_HOLDERS = 3


def running(facts: Facts, step: StepFacts) -> Reason:
    """Say where it runs, since when, and until when it may."""
    worker = step.worker
    if worker is None or not worker.is_alive:
        sentence = "ran on a worker that is gone, and is given back within seconds"
        return Reason(step.name, Cause.LOST, sentence, (), step.started_at)
    since = f" since {at(step.started_at)}" if step.started_at else ""
    until = f", until {at(step.deadline_at)} at most" if step.deadline_at else ""
    where = f"{worker.host}:{worker.pid}"
    sentence = f"runs on {where}{since}{until}{_attempt(facts, step)}"
    return Reason(step.name, Cause.RUNNING, sentence, (where,), step.started_at)


def parked(_facts: Facts, step: StepFacts) -> Reason | None:
    """Say of which resource it waits for a permit, who holds it, and who comes before."""
    if step.state is not StepState.PARKED:
        return None
    permit = step.permit
    if permit is None:
        sentence = "waits for permits; Redis does not say whose turn it is"
        return Reason(step.name, Cause.PERMIT, sentence, (), step.free_since)
    sentence = f"waits for a permit of {permit.resource!r}: {permit.cause}"
    if permit.holders:
        sentence += f", held by {'; '.join(map(_holder, permit.holders[:_HOLDERS]))}"
        more = len(permit.holders) - _HOLDERS
        sentence += f" and {more} more" if more > 0 else ""
    sentence += f"; it is number {permit.place} in line"
    return Reason(step.name, Cause.PERMIT, sentence, (permit.resource,), step.free_since)


def _holder(holder: HolderFacts) -> str:
    where = f" on {holder.where}" if holder.where else ""
    return f"{holder.who}{where} since {at(holder.since)}"


def retry(facts: Facts, step: StepFacts) -> Reason | None:
    """Say when its next attempt comes, and what became of the last."""
    if step.kind not in ("task", "undo") or step.attempts == step.forgiven:
        return None
    failed = step.attempts - step.forgiven - step.losses
    most = facts.plan[step.name].step.retry.max_attempts
    until = at(step.due_at) if step.due_at else "a moment"
    error = f": the last failed with {step.error[0]}: {step.error[1]}" if step.error else ""
    sentence = f"waits until {until} for attempt {failed + 1} of {most}{error}"
    return Reason(step.name, Cause.RETRY, sentence, (), step.failed_at or step.started_at)


def preference(facts: Facts, step: StepFacts) -> Reason | None:
    """Say which steps it rather follows."""
    rather = facts.plan[step.name].step.prefer_after
    unfinished = tuple(name for name in rather if facts.is_open(name))
    if step.attempts > step.forgiven or not unfinished:
        return None
    until = f", but no longer than until {at(step.due_at)}" if step.due_at else ""
    sentence = f"could start, but rather follows {listed(unfinished)}{until}"
    return Reason(step.name, Cause.PREFERENCE, sentence, unfinished, step.free_since)


def answer(_facts: Facts, step: StepFacts) -> Reason | None:
    """Say for which time, signal, person or agent it waits."""
    wait = step.wait
    if wait is None:
        return None
    words = waiting.in_words(
        wait.kind, wait.name, since=wait.since, until=wait.until, holder=wait.claimed_by
    )
    claim = f"; the claim ends at {at(wait.claimed_until)}" if wait.claimed_until else ""
    next_move = ""
    if step.due_at is not None and step.due_at != wait.until:
        next_move = f"; it is escalated at {at(step.due_at)}"
    on = (wait.name,) if wait.name else ()
    sentence = f"waits {words}{claim}{next_move}"
    return Reason(step.name, Cause(wait.kind), sentence, on, wait.since)


def child(_facts: Facts, step: StepFacts) -> Reason | None:
    """Say for which run it waits, and what that waits for."""
    begun = step.child
    if begun is None:
        return None
    sentence = f"waits for run {begun.id} of workflow {begun.workflow!r}, which "
    if begun.state.is_final:
        sentence += f"has {_ended(begun.state)}: maintenance tells it"
    else:
        sentence += begun.waits or f"is {begun.state}"
    return Reason(step.name, Cause.CHILD, sentence, (begun.id,), step.started_at)


def elements(_facts: Facts, step: StepFacts) -> Reason | None:
    """Say how far its elements are."""
    if step.kind != "map":
        return None
    counts = step.elements
    all_of_them = sum(counts.values())
    done = sum(count for state, count in counts.items() if state.is_final)
    failed = counts.get(StepState.FAILED, 0)
    said = f", {failed:,} failed" if failed else ""
    on = f"; {step.waits_on}" if step.waits_on else ""
    sentence = f"waits for its elements: {done:,} of {all_of_them:,} are done{said}{on}"
    return Reason(step.name, Cause.MAP, sentence, (), step.started_at)


def unclear(_facts: Facts, step: StepFacts) -> Reason:
    """Say what the ledger says of it."""
    sentence = f"waits: {step.reason}" if step.reason else "waits"
    return Reason(step.name, Cause.OPENING, sentence, (), step.started_at)


#: The first that applies is the reason; the last always does.
CAUSES: tuple[Callable[[Facts, StepFacts], Reason | None], ...] = (
    parked,
    answer,
    child,
    elements,
    retry,
    preference,
    unclear,
)


def _attempt(facts: Facts, step: StepFacts) -> str:
    most = facts.plan[step.name].step.retry.max_attempts
    failed = step.attempts - step.forgiven - step.losses
    return f", attempt {failed} of {most}" if most > 1 else ""


def _ended(state: RunState) -> str:
    return "been cancelled" if state is RunState.CANCELLED else str(state)
