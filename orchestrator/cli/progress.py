"""Many runs at once: which have ended, and how much each pool still has to do."""

import time
from collections import Counter
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from orchestrator.cli import output
from orchestrator.cli.picture import COLOURS
from orchestrator.ledger.views import Run, StepView
from orchestrator.states import StepState

if TYPE_CHECKING:
    from orchestrator.coordinator import Coordinator

_PAUSE_SECONDS = 0.15
#: the columns of the table, and the states that count for each
_COLUMNS = {
    "TO COME": (StepState.PENDING,),
    "WAITING": (StepState.READY, StepState.QUEUED, StepState.PARKED, StepState.WAITING),
    "RUNNING": (StepState.RUNNING,),
    "DONE": (StepState.SUCCEEDED,),
    "SKIPPED": (StepState.SKIPPED,),
    "FAILED": (StepState.FAILED, StepState.CANCELLED),
}


class Progress:
    """Where several runs are; each look reads only those that have not ended."""

    def __init__(self, coordinator: "Coordinator", run_ids: Iterable[str]) -> None:
        self._coordinator = coordinator
        self.runs: dict[str, Run] = {run_id: coordinator.run(run_id) for run_id in run_ids}
        self.steps: dict[str, list[StepView]] = {}

    @property
    def open(self) -> list[str]:
        """The runs that have not ended."""
        return [run_id for run_id, run in self.runs.items() if not run.state.is_final]

    def look(self) -> list[Run]:
        """Read what may have changed; return the runs that ended since the last look."""
        read = [*self.runs.keys() - self.steps.keys(), *(self.open if self.steps else ())]
        for run_id in read:
            self.runs[run_id] = self._coordinator.run(run_id)
            self.steps[run_id] = self._coordinator.steps(run_id)
        return [self.runs[run_id] for run_id in read if self.runs[run_id].state.is_final]

    def drawn(self) -> Any:
        """Return runs by state and steps by pool for the terminal."""
        from rich.console import Group
        from rich.text import Text

        line = Text()
        for state, number in Counter(run.state for run in self.runs.values()).items():
            line.append(f"{number} {state}   ", COLOURS[state])
        return Group(line, output.table(("POOL", *(f">{name}" for name in _COLUMNS)), self._rows()))

    def _rows(self) -> list[list[str]]:
        counts: dict[str, Counter[StepState]] = {}
        for steps in self.steps.values():
            for step in steps:
                counts.setdefault(step.domain, Counter())[step.state] += 1
        return [
            [pool, *(str(sum(by[state] for state in states)) for states in _COLUMNS.values())]
            for pool, by in sorted(counts.items())
        ]


def follow(
    progress: Progress,
    *,
    timeout: float,
    tell: Callable[[Run], None],
    check: Callable[[], None],
) -> None:
    """Show runs on standard error until all have ended.

    Args:
        tell: called with each run that has ended, where nobody sees a table that moves.
        check: called at each look; raises when it makes no sense to wait on.

    Raises:
        TimeoutError: some have not ended within `timeout` seconds.
    """
    from rich.live import Live

    console = output.console(errors=True)
    deadline = time.monotonic() + timeout
    with Live(console=console, auto_refresh=False, transient=True) as live:
        while True:
            ended = progress.look()
            if console.is_terminal:
                live.update(progress.drawn(), refresh=True)
            else:
                for run in ended:
                    tell(run)
            if not progress.open:
                return
            check()
            if time.monotonic() > deadline:
                raise TimeoutError(
                    f"{len(progress.open)} of {len(progress.runs)} runs have not ended "
                    f"after {timeout:g} s"
                )
            time.sleep(_PAUSE_SECONDS)
