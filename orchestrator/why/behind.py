"""Why a step could not start yet: what is before it.

A long way behind the steps that move, a step waits for one that waits for one that waits.
So it is told which steps at the front it waits for in the end.
"""

from collections.abc import Iterable, Mapping

from orchestrator.plan import PlannedStep
from orchestrator.states import StepState
from orchestrator.why.facts import Facts, StepFacts
from orchestrator.why.reasons import Cause, Reason, listed

#: So many steps at the front are named.
_NAMED = 4


def fronts(facts: Facts) -> dict[str, tuple[str, ...]]:
    """Return the nearest steps before each pending one that are not pending themselves.

    Of many, some: a step of a wide DAG may wait for thousands.
    """
    found: dict[str, tuple[str, ...]] = {}
    for name, planned in facts.plan.steps.items():  # each after its predecessors
        if facts.states.get(name) is StepState.PENDING:
            found[name] = _nearest(facts, planned, found)
    return found


def _nearest(
    facts: Facts, planned: PlannedStep, found: Mapping[str, tuple[str, ...]]
) -> tuple[str, ...]:
    names: dict[str, None] = {}
    for name in _unfinished(facts, planned):
        names.update(dict.fromkeys(found.get(name) or (name,)))
        if len(names) >= _NAMED:
            break
    return tuple(names)[:_NAMED]


def _unfinished(facts: Facts, planned: PlannedStep) -> Iterable[str]:
    return (name for name in planned.after if facts.is_open(name))


def predecessors(facts: Facts, step: StepFacts, front: tuple[str, ...]) -> Reason:
    """Say which steps it runs after, how many of them it needs, and what they wait for."""
    planned = facts.plan.steps[step.name]
    direct = tuple(_unfinished(facts, planned))
    since = facts.run.submitted_at
    if not direct:
        sentence = "starts with the last message of its chord: every step it runs after has ended"
        return Reason(step.name, Cause.OUTBOX, sentence, (), since)
    sentence = f"{_needs(facts, planned)}{listed(direct)}"
    shown = ", ".join(f"{name!r} ({facts.states[name]})" for name in front)
    if set(front) >= set(direct):
        sentence = f"{_needs(facts, planned)}{shown}"
    elif front:
        sentence = f"{sentence}, and in the end for {shown}"
    return Reason(step.name, Cause.PREDECESSORS, sentence, front or direct[:_NAMED], since)


def _needs(facts: Facts, planned: PlannedStep) -> str:
    if not isinstance(planned.step.join, int) and planned.step.join != "any":
        return "waits for "
    made = sum(facts.states[name] is StepState.SUCCEEDED for name in planned.after)
    return (
        f"waits for {planned.needed - made} more of {len(planned.after)} steps to succeed "
        f"({made} of the {planned.needed} it needs did): "
    )


def limited(facts: Facts, step: StepFacts) -> Reason:
    """Say that other elements of its map go first."""
    parent = step.parent or ""
    policy = facts.plan.steps[parent].step.map
    at_a_time = f", of which {policy.limit:,} are in flight at a time" if policy else ""
    sentence = f"waits for other elements of {parent!r}{at_a_time}"
    return Reason(step.name, Cause.LIMIT, sentence, (parent,), facts.run.submitted_at)


def undone_later(facts: Facts, step: StepFacts) -> Reason:
    """Say which step is undone before it."""
    going_on = tuple(
        name
        for name, state in facts.states.items()
        if name.endswith(".undo") and state is not StepState.PENDING and facts.is_open(name)
    )
    sentence = f"waits for its turn: steps are undone one after another, now {listed(going_on)}"
    return Reason(step.name, Cause.UNDOING, sentence, going_on, facts.run.ending_since)
