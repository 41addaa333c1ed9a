"""From what is known to the reasons: of the run first, then of the steps that move, then the rest.

A cause is one small function that gives a reason where it applies. A new one is added to
the list of those that are asked in its place: `free.CAUSES` or `held.CAUSES`.
"""

from orchestrator.states import FINAL_STEP_STATES, StepState
from orchestrator.why import behind, free, held
from orchestrator.why.facts import Facts, StepFacts
from orchestrator.why.reasons import Cause, Reason, at, listed


def reasons(facts: Facts) -> list[Reason]:
    """Return why a run does not move: a reason for each of its unfinished steps."""
    front = [step for step in facts.steps if step.state is not StepState.PENDING]
    later = [step for step in facts.steps if step.state is StepState.PENDING]
    fronts = behind.fronts(facts) if later else {}
    return [
        *_of_run(facts, front),
        *(_of_begun(facts, step) for step in front),
        *(_of_pending(facts, step, fronts.get(step.name, ())) for step in later),
    ]


def _of_run(facts: Facts, front: list[StepFacts]) -> list[Reason]:
    run = facts.run
    if run.state.is_final:
        return []
    if run.ending is not None:
        names = tuple(step.name for step in front)
        left = f", and waits for {listed(names)}" if names else ": maintenance ends it"
        sentence = f"is about to be {run.ending}{left}"
        return [Reason(None, Cause.ENDING, sentence, names[:5], run.ending_since)]
    if not any(facts.is_open(name) for name in facts.states):
        sentence = "has nothing left to do: maintenance ends it"
        return [Reason(None, Cause.ENDING, sentence, (), run.submitted_at)]
    return []


def _of_begun(facts: Facts, step: StepFacts) -> Reason:
    if step.state in FINAL_STEP_STATES:
        return _of_ended(facts, step)
    if step.state is StepState.RUNNING:
        return held.running(facts, step)
    causes = free.CAUSES if step.is_free else held.CAUSES
    found = (cause(facts, step) for cause in causes)
    return next(reason for reason in found if reason is not None)


def _of_pending(facts: Facts, step: StepFacts, front: tuple[str, ...]) -> Reason:
    if step.kind == "undo":
        return behind.undone_later(facts, step)
    if step.parent is not None:
        return behind.limited(facts, step)
    return behind.predecessors(facts, step, front)


def _of_ended(facts: Facts, step: StepFacts) -> Reason:
    kind, message = step.error or ("", step.reason or "")
    if kind == "WorkersLost":
        sentence = (
            f"lost its worker {facts.max_losses} times, so it is not tried again: mend what ends "
            f"them, and `orchestrator runs retry {facts.run.id}`"
        )
        return Reason(step.name, Cause.POISON, sentence, (), step.ended_at)
    when = f" at {at(step.ended_at)}" if step.ended_at else ""
    why = f" ({kind}: {message})" if kind else f" ({message})" if message else ""
    return Reason(step.name, Cause.ENDED, f"{step.state}{when}{why}", (), step.ended_at)
