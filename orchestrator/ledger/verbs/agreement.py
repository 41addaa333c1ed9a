"""Whether a run may follow another version of its workflow: a pure decision."""

from collections.abc import Collection, Iterator

from orchestrator.plan import Plan

#: What a step does and with what, by the field of its definition.
_DOES = {
    "task": "another task",
    "workflow": "another workflow",
    "wait_for": "something else to wait for",
    "map": "another map",
    "inputs": "other inputs",
}


def disagreements(old: Plan, new: Plan, begun: Collection[str]) -> list[str]:
    """Return why what a run has begun does not fit another version, a sentence each.

    Args:
        old: what the run follows.
        new: what it is to follow.
        begun: its steps that have ended, run or wait.
    """
    return [
        sentence
        for name in old.steps
        if name in begun
        for sentence in _disagreements(old, new, name)
    ]


def _disagreements(old: Plan, new: Plan, name: str) -> Iterator[str]:
    if name not in new.steps:
        yield f"step {name!r} has begun, and is not in it"
        return
    was, will = old.steps[name], new.steps[name]
    for field, difference in _DOES.items():
        if getattr(was.step, field) != getattr(will.step, field):
            yield f"step {name!r} has begun, and has {difference} in it"
    if set(was.after) != set(will.after):
        yield (
            f"step {name!r} has begun after {_listed(was.after)}, and follows "
            f"{_listed(will.after)} in it"
        )


def is_same(old: Plan, new: Plan, name: str) -> bool:
    """Say whether a step is in both, to the letter."""
    was, will = old.steps.get(name), new.steps.get(name)
    return (
        was is not None
        and will is not None
        and was.step == will.step
        and was.after == will.after  # in this order: chords count by place
    )


def _listed(names: Collection[str]) -> str:
    return ", ".join(sorted(names)) or "nothing"
