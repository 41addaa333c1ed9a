"""How close a run comes to the best that its workers could do.

    python -m tests.benchmarks.makespan [--size 80] [--pairs 5] [--short]

Steps that sleep, in random DAGs and in those of WfCommons' recipes, on four processes. Beside
each stand two figures that cost nothing is assumed for: what nobody can go below, the longest
path or all work shared among the workers, and the list schedule: workers that take whatever was
ready first. Wanted is 1.05 times the list schedule and 20 ms for each level of the DAG.
"""

import argparse
import sys
from collections.abc import Sequence
from statistics import median

from rich.console import Console
from rich.table import Table

from tests.benchmarks.dags import Dag, random_dag, recipe_dags
from tests.benchmarks.environments import NotInstalled
from tests.benchmarks.figures import Chart, Goal, Results
from tests.benchmarks.sides import on_each_ledger
from tests.benchmarks.work import Work

PROCESSES = 4
RECIPES = ["Montage", "Epigenomics", "Blast", "Cycles", "Genome"]
MEAN_SECONDS = 0.16
ALLOWED, SECONDS_A_LEVEL = 1.05, 0.02


def main(arguments: Sequence[str] = ()) -> Results:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="makespan", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--size", type=int, default=80, help="steps of each DAG, about (80)")
    parser.add_argument("--pairs", type=int, default=5, help="how often each is run (5)")
    parser.add_argument("--ledger", choices=["sqlite", "postgresql", "both"], default="both")
    parser.add_argument("--short", action="store_true", help="only show that everything works")
    asked = parser.parse_args(arguments)
    dags = [random_dag(1, 6)] if asked.short else _dags(asked.size)
    taken: dict[tuple[str, str], list[float]] = {}
    with on_each_ledger("sqlite" if asked.short else asked.ledger, processes=PROCESSES) as (
        _,
        sides,
    ):
        for _ in range(1 if asked.short else asked.pairs):
            for dag in dags:
                for side in sides:
                    seconds = side.do(Work(dag.title, 1, dag.workflow()))
                    taken.setdefault((dag.title, side.name), []).append(seconds)
    medians = {key: median(seconds) for key, seconds in taken.items()}
    return _told(dags, [side.name for side in sides], medians)


def _dags(size: int) -> list[Dag]:
    dags = [random_dag(seed, size) for seed in (1, 2, 3)]
    try:
        return dags + recipe_dags(RECIPES, size, MEAN_SECONDS)
    except NotInstalled as error:
        sys.stdout.write(f"WfCommons' recipes are left out: {error}\n")
        return dags


def _told(
    dags: Sequence[Dag], names: Sequence[str], taken: dict[tuple[str, str], float]
) -> Results:
    table = Table(
        "DAG", "steps", "levels", "bound s", "list s", *names, *(f"{n} / list" for n in names)
    )
    goals = []
    for dag in dags:
        ideal = dag.list_schedule(PROCESSES)
        allowed = ALLOWED * ideal + SECONDS_A_LEVEL * dag.levels
        own = [taken[dag.title, name] for name in names]
        table.add_row(
            dag.title,
            str(len(dag.after)),
            str(dag.levels),
            f"{dag.bound(PROCESSES):.2f}",
            f"{ideal:.2f}",
            *(f"{seconds:.2f}" for seconds in own),
            *(f"{seconds / ideal:.3f}{'' if seconds <= allowed else ' !'}" for seconds in own),
        )
        goals += [
            Goal(
                f"makespan of {dag.title}, {name}",
                round(s, 2),
                round(allowed, 2),
                " s",
                at_most=True,
            )
            for name, s in zip(names, own, strict=True)
        ]
    Console(width=120).print(table)
    rows = {
        "bound": [dag.bound(PROCESSES) for dag in dags],
        "list schedule": [dag.list_schedule(PROCESSES) for dag in dags],
        **{name: [taken[dag.title, name] for dag in dags] for name in names},
    }
    titles = [dag.title for dag in dags]
    chart = Chart("makespan", f"Makespan on {PROCESSES} processes", "seconds", titles, rows)
    return Results(goals, [chart])


if __name__ == "__main__":
    main(sys.argv[1:])
