"""Every benchmark by its name, each beside what it is compared with; see `orchestrator bench`.

python -m tests.benchmarks [NAME [ITS OPTIONS]] [--short] [--plot FOLDER] | --redraw FOLDER
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.benchmarks import (
    growth,
    kill,
    latency,
    makespan,
    memory,
    offers,
    parked,
    permits,
    scale,
    sizes,
    submission,
    throughput,
)
from tests.benchmarks.figures import Goal, Results, keep
from tests.benchmarks.rivals import racing

BENCHMARKS: dict[str, Callable[[Sequence[str]], Results]] = {
    "throughput": throughput.main,
    "latency": latency.main,
    "submission": submission.main,
    "sizes": sizes.main,
    "permits": permits.main,
    "parked": parked.main,
    "kill": kill.main,
    "memory": memory.main,
    "makespan": makespan.main,
    "scale": scale.main,
    "offers": offers.main,
    "growth": growth.main,
    "rivals": racing.main,
}


def main(arguments: Sequence[str]) -> None:
    """Run the benchmark that is named first, with the options after it, or all of them."""
    parser = argparse.ArgumentParser(prog="bench", add_help=False)
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--redraw", type=Path)
    asked, rest = parser.parse_known_args(arguments)
    if asked.redraw:
        _draw(asked.redraw)
        return
    if rest and not rest[0].startswith("-"):
        name, *options = rest
        if name not in BENCHMARKS:
            sys.exit(f"{name!r} is no benchmark: it is one of {', '.join(BENCHMARKS)}")
        results = [BENCHMARKS[name](options)]
    else:
        results = [_one_of_all(name, run, rest) for name, run in BENCHMARKS.items()]
    if goals := [goal for result in results for goal in result.goals]:
        Console(width=120).print(_told(goals))
    if asked.plot:
        keep([chart for result in results for chart in result.charts], asked.plot)
        _draw(asked.plot)


def _draw(folder: Path) -> None:
    # Takes two seconds to import, and most who measure draw nothing.
    from tests.benchmarks import plots  # noqa: PLC0415 (see above)

    plots.draw(folder)


def _one_of_all(
    name: str, run: Callable[[Sequence[str]], Results], options: Sequence[str]
) -> Results:
    sys.stdout.write(f"\n{name}\n")
    sys.stdout.flush()
    return run(options)


def _told(goals: Sequence[Goal]) -> Table:
    table = Table("goal", "wanted", "reached", "")
    for goal in goals:
        reached = f"{goal.reached:.3g}" if abs(goal.reached) < 1_000 else f"{goal.reached:,.0f}"
        table.add_row(
            goal.what, goal.wanted, f"{reached}{goal.unit}", "yes" if goal.is_reached else "no"
        )
    return table


if __name__ == "__main__":
    main(sys.argv[1:])
