"""DAGs of steps that sleep: random ones, and those of WfCommons' recipes.

WfCommons makes workflows like those that scientists ran, from the traces of such runs. It
comes with packages that are larger than all of ours, so it lives in an environment of its own.
"""

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter
from heapq import heappop, heappush
from random import Random

from orchestrator import Workflow
from tests.benchmarks.environments import python_of


@dataclass(frozen=True)
class Dag:
    """Steps by name, in an order in which they may be done.

    Attributes:
        after: the predecessors of each step.
        seconds: how long each step takes.
    """

    title: str
    after: Mapping[str, tuple[str, ...]]
    seconds: Mapping[str, float]

    @property
    def levels(self) -> int:
        """How many steps the longest path has."""
        depth: dict[str, int] = {}
        for step, earlier in self.after.items():
            depth[step] = 1 + max((depth[other] for other in earlier), default=0)
        return max(depth.values())

    def bound(self, workers: int) -> float:
        """Return the seconds that nobody can go below: the longest path, or all work shared."""
        ends: dict[str, float] = {}
        for step, earlier in self.after.items():
            ends[step] = max((ends[o] for o in earlier), default=0.0) + self.seconds[step]
        return max(*ends.values(), sum(self.seconds.values()) / workers)

    def list_schedule(self, workers: int) -> float:
        """Return the seconds of workers that take whatever was ready first, at no cost.

        >>> dag = Dag("", {"a": (), "b": (), "c": ("a",)}, {"a": 1.0, "b": 1.0, "c": 2.0})
        >>> dag.list_schedule(2), dag.list_schedule(1)
        (3.0, 4.0)
        """
        sorter = TopologicalSorter(self.after)
        sorter.prepare()
        places = {step: place for place, step in enumerate(self.after)}
        ready = sorted(sorter.get_ready(), key=places.__getitem__)
        running: list[tuple[float, int, str]] = []
        now = 0.0
        while ready or running:
            while ready and len(running) < workers:
                step = ready.pop(0)
                heappush(running, (now + self.seconds[step], places[step], step))
            now, _, done = heappop(running)
            sorter.done(done)
            ready += sorted(sorter.get_ready(), key=places.__getitem__)
        return now

    def workflow(self) -> Workflow:
        """Return it for our side."""
        steps = [
            {
                "name": step,
                "task": "bench.sleep",
                "after": earlier,
                "inputs": {"seconds": self.seconds[step]},
            }
            for step, earlier in self.after.items()
        ]
        return Workflow.model_validate({"name": "bench", "steps": steps})


def random_dag(seed: int, size: int) -> Dag:
    """Return any DAG: each step follows up to three of the twelve before it."""
    rng = Random(seed)
    after = {
        f"s{place}": tuple(
            f"s{other}"
            for other in sorted(
                rng.sample(range(max(0, place - 12), place), rng.randint(0, min(place, 3)))
            )
        )
        for place in range(size)
    }
    return Dag(f"random {seed}", after, {step: rng.uniform(0.02, 0.3) for step in after})


def recipe_dags(names: list[str], size: int, mean_seconds: float) -> list[Dag]:
    """Return one of each recipe, its times scaled to a mean.

    Raises:
        NotInstalled: there is no WfCommons to be had.
    """
    asked = json.dumps({"recipes": names, "size": size})
    made = subprocess.run(
        [python_of("wfcommons"), "-c", _MAKE, asked], check=True, capture_output=True, text=True
    )
    return [_scaled(*found, mean_seconds) for found in json.loads(made.stdout.splitlines()[-1])]


def _scaled(
    title: str, after: dict[str, list[str]], runtimes: dict[str, float], mean: float
) -> Dag:
    # Few steps of a recipe may take a thousand times as long as the rest; a square root keeps
    # who is longer than whom, and leaves something to be scheduled.
    roots = {step: runtime**0.5 for step, runtime in runtimes.items()}
    factor = mean * len(roots) / sum(roots.values())
    order = TopologicalSorter(after).static_order()
    return Dag(
        title,
        {step: tuple(after[step]) for step in order},
        {step: round(max(0.005, root * factor), 4) for step, root in roots.items()},
    )


#: What WfCommons' Python is told; it prints lines of its own before the answer.
_MAKE = """
import json, random, sys
import numpy
from wfcommons import WorkflowGenerator
from wfcommons.wfchef import recipes
asked = json.loads(sys.argv[1])
random.seed(1)
numpy.random.seed(1)
found = []
for name in asked["recipes"]:
    recipe = getattr(recipes, name + "Recipe").from_num_tasks(asked["size"])
    made = WorkflowGenerator(recipe).build_workflow(name)
    after = {step.lower(): [other.lower() for other in made.predecessors(step)] for step in made}
    runtimes = {step.lower(): made.nodes[step]["task"].runtime for step in made}
    found.append((name, after, runtimes))
print(json.dumps(found))
"""
