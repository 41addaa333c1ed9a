"""Random workflows for the monkey: any DAG, of every kind of step that there is."""

from random import Random
from typing import Any

from orchestrator import Workflow

MAX_STEPS = 14
_DENSITIES = (1, 2, 4)


def random_workflow(rng: Random) -> Workflow:
    """Return a workflow of any shape, all of whose steps succeed in the end."""
    size = rng.randint(2, MAX_STEPS)
    density = rng.choice(_DENSITIES)
    steps = [
        random_step(rng, f"s{place}", _some(rng, [f"s{n}" for n in range(place)], density))
        for place in range(size)
    ]
    rng.shuffle(steps)
    return Workflow.model_validate({"name": "chaos", "steps": steps})


def random_step(rng: Random, name: str, earlier: list[str]) -> dict[str, Any]:
    """Return a step as a definition has it: the one place where a new kind of step is added."""
    referred = [source for source in earlier if rng.random() < 0.5]
    inputs: dict[str, Any] = {"seconds": round(rng.choice((0, 0, 0.05, 0.3)), 2)}
    if referred:
        inputs["after"] = [f"${source}" for source in referred]
    step: dict[str, Any] = {"name": name, "task": "works.work", "inputs": inputs}
    step["after"] = [source for source in earlier if source not in referred]
    if rng.random() < 0.1:
        step["inputs"]["fails"] = 1
        step["retry"] = {"max_attempts": 100, "backoff": 0.1, "max_backoff": 0.5}
    return step


def _some(rng: Random, names: list[str], at_most: int) -> list[str]:
    return rng.sample(names, rng.randint(0, min(at_most, len(names))))
