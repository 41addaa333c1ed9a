"""Steps that wait for a permit: how soon the next starts, and what they cost those beside them.

    python -m tests.benchmarks.parked

One pool of two processes. What is compared is measured in turn, in one run, and the medians of
the pairs count.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from orchestrator import Run, StepState
from orchestrator.ledger import migrate
from tests.benchmarks.figures import Goal, Results
from tests.integration.installation import Installation, installation
from tests.waiting import eventually

ONE = {"name": "one", "type": "network", "capacity": 1}
PROCESSES = 2
#: Longer than any of it takes on a slow machine.
PATIENCE_SECONDS = 120


def main(arguments: Sequence[str] = ()) -> Results:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--pairs", type=int, default=5, help="how often each is measured")
    parser.add_argument("--steps", type=int, default=40, help="how many wait for the one permit")
    parser.add_argument("--short", action="store_true", help="only show that everything works")
    chosen = parser.parse_args(arguments)
    if chosen.short:
        chosen.pairs, chosen.steps = 1, 5
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        ledger = f"sqlite:///{folder / 'ledger.db'}"
        migrate(ledger)
        with installation(
            folder, ledger, resources=[ONE], lease_seconds=10, beat_seconds=3, tick_seconds=0.25
        ) as stack:
            stack.start_maintenance()
            stack.start_pool(PROCESSES)
            stack.succeed([_limited("warm")], within=PATIENCE_SECONDS)
            goals = hand_over(stack, chosen.steps, chosen.pairs)
            return Results([*goals, beside(stack, chosen.steps, chosen.pairs)])


def hand_over(stack: Installation, steps: int, pairs: int) -> list[Goal]:
    """Print and return how long a permit lies idle between two steps, and what that adds."""
    gaps: list[float] = []
    ratios = []
    for _ in range(pairs):
        run = stack.succeed(
            [_limited(f"s{n}", seconds=0.1) for n in range(steps)], within=PATIENCE_SECONDS
        )
        bodies = _bodies(stack, run)
        assert len(bodies) == steps
        gaps += [later[0] - earlier[1] for earlier, later in pairwise(bodies)]
        ratios.append((bodies[-1][1] - bodies[0][0]) / (steps * 0.1))
    assert min(gaps) >= 0, "two steps held the one permit at once"
    hundredths = quantiles(gaps, n=100)
    _say(
        f"from a body's end to the next one's start: p50 {median(gaps) * 1000:.1f} ms, "
        f"p99 {hundredths[98] * 1000:.1f} ms (goals 10 and 100)"
    )
    _say(f"{steps} x 0.1 s on one permit: {median(ratios):.2f} x of ideal (goal 1.15)")
    return [
        Goal("a permit lies idle, median", round(median(gaps) * 1000, 1), 10, " ms", at_most=True),
        Goal("and 99 of 100 within", round(hundredths[98] * 1000, 1), 100, " ms", at_most=True),
        Goal("steps on one permit / their bodies", round(median(ratios), 2), 1.15, at_most=True),
    ]


def beside(stack: Installation, steps: int, pairs: int) -> Goal:
    """Print and return how long unrelated steps take beside many that are parked, and alone."""
    ratios = []
    for number in range(pairs):
        alone = _seconds(stack)
        gate = stack.gate(f"held{number}")
        hold = {"task": "toy.hold", "inputs": {"until": str(gate)}, "permits": {"one": 1}}
        holder = stack.submit([{"name": "holder", **hold}])
        stack.until_started(holder, "holder", within=PATIENCE_SECONDS)
        occupied = stack.submit([_limited(f"w{n}") for n in range(steps)])
        eventually(lambda run=occupied: _parked(stack, run) == steps, within=PATIENCE_SECONDS)
        # One of the two processes holds the permit: alone they have one as well.
        together = _seconds(stack)
        gate.touch()
        for run in (holder, occupied):
            stack.wait(run, within=PATIENCE_SECONDS)
        ratios.append(together / alone)
    _say(
        f"unrelated steps beside {steps} parked ones: {median(ratios):.2f} x of their time alone "
        "(goal 1.2)"
    )
    return Goal("steps beside parked ones / alone", round(median(ratios), 2), 1.2, at_most=True)


def _seconds(stack: Installation) -> float:
    """Return how long unrelated steps take while one process is occupied by something else."""
    gate = stack.gate(f"busy{len(list(stack.folder.iterdir()))}")
    busy = None
    if not any(_is_holding(stack)):
        busy = stack.submit([{"name": "busy", "task": "toy.hold", "inputs": {"until": str(gate)}}])
        stack.until_started(busy, "busy", within=PATIENCE_SECONDS)
    run = stack.succeed(
        [{"name": f"u{n}", "task": "toy.note"} for n in range(60)], within=PATIENCE_SECONDS
    )
    gate.touch()
    if busy is not None:
        stack.wait(busy, within=PATIENCE_SECONDS)
    assert run.ended_at
    assert run.started_at
    return (run.ended_at - run.started_at).total_seconds()


def _is_holding(stack: Installation) -> Sequence[Any]:
    return [lease for lease in stack.coordinator.leases("one") if lease.id.endswith(":holder:1")]


def _parked(stack: Installation, run: Run) -> int:
    return sum(step.state is StepState.PARKED for step in stack.steps(run).values())


def _bodies(stack: Installation, run: Run) -> list[tuple[float, float]]:
    """Return the start and the end of each body, the first first."""
    starts = {entry.step: entry.at for entry in stack.diary(run, "start")}
    return sorted((starts[entry.step], entry.at) for entry in stack.diary(run, "end"))


def _limited(name: str, seconds: float = 0) -> dict[str, Any]:
    inputs = {"seconds": seconds}
    return {"name": name, "task": "toy.note", "inputs": inputs, "permits": {"one": 1}}


def _say(sentence: str) -> None:
    sys.stdout.write(f"{sentence}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
