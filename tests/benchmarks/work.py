"""What is measured: three shapes of work, each for both sides."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from celery.canvas import Signature

from orchestrator import Workflow
from tests.benchmarks import by_hand


@dataclass(frozen=True)
class Work:
    """The same work twice.

    Attributes:
        runs: how often it is submitted at once.
        workflow: what we submit.
        canvas: makes what is applied by hand, where that can be done.
    """

    title: str
    runs: int
    workflow: Workflow
    canvas: Callable[[], Signature] | None = None

    @property
    def steps(self) -> int:
        return self.runs * len(self.workflow.steps)


def works(*, short: bool) -> tuple[Work, ...]:
    """The three of them, or small ones that only show that everything works."""
    width, length, runs = (30, 10, 3) if short else (1000, 200, 100)
    return (
        Work(f"fan-out of {width:,} and join", 1, fan(width), lambda: by_hand.fan(width)),
        Work(f"chain of {length}", 1, chain(length), lambda: by_hand.chain(length)),
        Work(f"{runs} runs of ten steps", runs, chain(10), lambda: by_hand.chain(10)),
    )


def fan(width: int) -> Workflow:
    names = [f"part_{number}" for number in range(width)]
    return _workflow({"first": [], **{name: ["first"] for name in names}, "join": names})


def chain(length: int) -> Workflow:
    names = [f"link_{number}" for number in range(length)]
    return _workflow({"link_0": [], **{b: [a] for a, b in pairwise(names)}})


def layered(layers: int, width: int) -> Workflow:
    """Each step follows two of the layer before."""
    after: dict[str, list[str]] = {f"s0_{place}": [] for place in range(width)}
    for layer in range(1, layers):
        for place in range(width):
            other = (place + 1) % width
            after[f"s{layer}_{place}"] = [f"s{layer - 1}_{place}", f"s{layer - 1}_{other}"]
    return _workflow(after)


def _workflow(after: dict[str, list[str]]) -> Workflow:
    steps = [
        {"name": name, "task": "bench.do_nothing", "after": earlier}
        for name, earlier in after.items()
    ]
    return Workflow.model_validate({"name": "bench", "steps": steps})
