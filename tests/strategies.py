"""Random workflows: any DAG, in any order of definition."""

from random import Random

from hypothesis import strategies as st

from orchestrator import Step, Workflow

MAX_STEPS = 40

_WAYS = ("after", "reference", "both", "condition")


@st.composite
def workflows(draw: st.DrawFn, *, only_after: bool = False, max_steps: int = MAX_STEPS) -> Workflow:
    """Draw a workflow of any shape, dense or sparse, its steps defined in any order."""
    size = draw(st.integers(1, max_steps))
    rng = draw(st.randoms(use_true_random=False))
    density = draw(st.sampled_from((1, 2, 4, 8)))
    edges = {
        place: rng.sample(range(place), rng.randint(0, min(place, density)))
        for place in range(size)
    }
    return _workflow(edges, rng, only_after=only_after)


@st.composite
def series_parallel_workflows(draw: st.DrawFn, *, max_steps: int = MAX_STEPS) -> Workflow:
    """Draw a workflow that chains and groups alone could express."""
    rng = draw(st.randoms(use_true_random=False))
    edges: dict[int, list[int]] = {0: []}
    for place in range(1, draw(st.integers(1, max_steps))):
        twin = rng.randrange(place)
        followers = [other for other, sources in edges.items() if twin in sources]
        if rng.random() < 0.5:  # beside its twin
            edges[place] = list(edges[twin])
            for follower in followers:
                edges[follower].append(place)
        else:  # between its twin and those that follow
            for follower in followers:
                edges[follower] = [place if s == twin else s for s in edges[follower]]
            edges[place] = [twin]
    return _workflow(edges, rng, only_after=False)


def any_workflows() -> st.SearchStrategy[Workflow]:
    return st.one_of(workflows(), workflows(only_after=True), series_parallel_workflows())


def _workflow(edges: dict[int, list[int]], rng: Random, *, only_after: bool) -> Workflow:
    steps = [
        _step(place, sources, ["after" if only_after else rng.choice(_WAYS) for _ in sources])
        for place, sources in edges.items()
    ]
    rng.shuffle(steps)
    return Workflow(name="drawn", steps=tuple(steps))


def _step(place: int, sources: list[int], ways: list[str]) -> Step:
    asked = list(zip(sources, ways, strict=True))
    return Step(
        name=f"s{place}",
        task="test.step",
        after=tuple(f"s{source}" for source, way in asked if way in {"after", "both"}),
        inputs={
            f"x{source}": [{"deep": f"$s{source}.field"}]
            for source, way in asked
            if way in {"reference", "both"}
        },
        when=" and ".join(f"s{source}.ok" for source, way in asked if way == "condition") or None,
    )
