"""Random workflows with steps of every kind, for tests that run them."""

from collections.abc import Sequence
from random import Random
from typing import Any

from orchestrator import Workflow, compile
from orchestrator.errors import DAGValidationError

CHILD = Workflow.model_validate(
    {
        "name": "child",
        "steps": [
            {"name": "first", "task": "toy.note", "compensate": {"task": "toy.note"}},
            {"name": "second", "task": "toy.note", "after": ["first"]},
        ],
    }
)


#: What a drawn step may call.
NOTE: dict[str, Any] = {"task": "toy.note"}


def workflow(chance: Random, calls: Sequence[dict[str, Any]] = (NOTE,)) -> Workflow:
    """Draw a workflow with steps of every kind, joined in every way."""
    while True:
        names: list[str] = []
        drawn = []
        for place in range(chance.randint(2, 9)):
            drawn.append(_step(f"s{place}", names, chance, calls))
            names.append(f"s{place}")
        made = Workflow.model_validate({"name": "drawn", "steps": drawn})
        if is_sound(made):  # or it prefers what it follows anyway, or such
            return made


def changed(workflow: Workflow, chance: Random) -> Workflow:
    """Return another version: with one step more, one less, or one that does not matter."""
    steps = [step.model_dump(mode="json", exclude_defaults=True) for step in workflow.steps]
    what = chance.choice(["more", "less", "other"])
    if what == "more":
        after = [chance.choice(steps)["name"]]
        steps.append({"name": f"n{chance.getrandbits(16)}", "after": after, **NOTE})
    if what == "less":
        del steps[chance.randrange(len(steps))]
    if what == "other":
        chance.choice(steps)["critical"] = False
    made = Workflow.model_validate({"name": workflow.name, "steps": steps})
    return made if steps and is_sound(made) else workflow


def is_sound(workflow: Workflow) -> bool:
    try:
        compile(workflow)
    except DAGValidationError:
        return False
    return True


def _step(
    name: str, earlier: list[str], chance: Random, calls: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    after = chance.sample(earlier, chance.randint(0, min(3, len(earlier))))
    step: dict[str, Any] = {"name": name, "after": after, **_kind(chance, calls)}
    if chance.random() < 0.3:
        step["critical"] = False
    if len(after) > 1:
        step["join"] = chance.choice(["all", "all", "all_done", "all_succeeded", "any", 2])
    others = [other for other in earlier if other not in after]
    if others and chance.random() < 0.2:
        step["prefer_after"] = chance.sample(others, 1)
    if "wait_for" not in step and chance.random() < 0.4:
        step |= chance.choice([{"compensate": NOTE}, {"irrevocable": True}])
    return step


def _kind(chance: Random, calls: Sequence[dict[str, Any]]) -> dict[str, Any]:
    kind = chance.choice(["task"] * 5 + ["map", "wait", "child"])
    if kind == "map":
        over = {"over": list(range(chance.randint(0, 4))), "limit": chance.randint(1, 3)}
        return {**NOTE, "map": {**over, "on_error": chance.choice(["fail", "gather"])}}
    if kind == "wait":
        return {"wait_for": {"signal": "go"}}
    return {"workflow": "child"} if kind == "child" else chance.choice(calls)
