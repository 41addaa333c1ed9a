"""Random workflows for the monkey: any DAG, of every kind of step that there is."""

from random import Random
from typing import Any

from orchestrator import Workflow
from tests.chaos.works.errand import ERRAND

MAX_STEPS = 14
_DENSITIES = (1, 2, 4)

#: What a step may take of what `works.scarce` declares.
_PERMITS: tuple[dict[str, int | str], ...] = (
    {"narrow": 1},
    {"narrow": 2},
    {"wide": 1},
    {"wide": 3, "narrow": 1},
    {"wide": 5},
    {"door": "shared"},
    {"door": "exclusive"},
)

Definition = dict[str, Any]


def random_workflow(rng: Random) -> Workflow:
    """Return a workflow of any shape, all of whose steps succeed in the end."""
    density = rng.choice(_DENSITIES)
    steps: list[Definition] = []
    for place in range(rng.randint(2, MAX_STEPS)):
        earlier = rng.sample(steps, rng.randint(0, min(place, density)))
        steps.append(random_step(rng, f"s{place}", earlier, steps))
    rng.shuffle(steps)
    # Half of the runs take turns, two keys with each other.
    fair_by = rng.choice((None, None, "one", "other"))
    return Workflow.model_validate({"name": "chaos", "steps": steps, "fair_by": fair_by})


def random_step(
    rng: Random, name: str, earlier: list[Definition], known: list[Definition]
) -> Definition:
    """Return a step as a definition has it: the one place where a new kind of step is added.

    Args:
        earlier: the steps that it follows.
        known: all that are defined before it.
    """
    (kind,) = rng.choices((_task, _map, _timer, _child), (80, 8, 6, 6))
    step = {"name": name, **kind(rng)}
    if "task" in step and rng.random() < 0.3:
        step["permits"] = rng.choice(_PERMITS)
    step["after"] = [source["name"] for source in earlier]
    others = sorted({other["name"] for other in known} - set(step["after"]))
    if others and rng.random() < 0.1:
        step |= {"prefer_after": [rng.choice(others)], "patience": 0.5}
    if len(earlier) > 1 and rng.random() < 0.25:
        step["join"] = rng.choice(["any", "all_done", "all_succeeded", len(earlier) - 1])
    elif "task" in step:
        _refer(rng, step, earlier)
    return step


def _task(rng: Random) -> Definition:
    inputs: Definition = {"seconds": rng.choice((0, 0, 0.05, 0.3))}
    if rng.random() > 0.1:
        return {"task": "works.work", "inputs": inputs}
    retry = {"max_attempts": 100, "backoff": 0.1, "max_backoff": 0.5}
    return {"task": "works.work", "inputs": {**inputs, "fails": 1}, "retry": retry}


def _map(rng: Random) -> Definition:
    over = list(range(rng.randint(0, 4)))
    return {"task": "works.work", "map": {"over": over, "limit": 2}, "inputs": {"after": ["$item"]}}


def _timer(_: Random) -> Definition:
    return {"wait_for": {"timer": 0.2}}


def _child(_: Random) -> Definition:
    return {"workflow": ERRAND.name}


def _refer(rng: Random, step: Definition, earlier: list[Definition]) -> None:
    """Follow some of the earlier steps by reference, as most definitions do."""
    tasks = [s["name"] for s in earlier if "task" in s and "map" not in s]
    if "map" not in step and (referred := [name for name in tasks if rng.random() < 0.5]):
        step["inputs"]["after"] = [f"${name}" for name in referred]
        step["after"] = [name for name in step["after"] if name not in referred]
