"""The offer workflow on the embedded stack, with an ERP that is as slow as Tryton.

    python -m tests.benchmarks.offers [--mails 100] [--erp-capacity 10] [--short]

Copies of the sample mails, each a mail of its own, in four pools; each call of the ERP takes
30 ms more than it would. First one mail at a time, then all at once; then what the steps of the
many waited for, and what they did. The workflow declares that its ERP takes two steps at a time;
an operator who knows his ERP sets more, and so does this.
"""

import argparse
import re
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from statistics import mean
from unittest.mock import patch

from rich.console import Console
from rich.table import Table

from orchestrator import Coordinator, RunState, Settings, StepState
from orchestrator.local.services import services
from orchestrator.local.stack import Stack
from tasks.messaging.mail_reading import EmailInput
from tasks.samples import sample_mails
from tasks.workflows.offers import OFFERS, emails_in, idempotency_key
from tests.benchmarks import slow_erp
from tests.benchmarks.figures import Chart, Goal, Results
from tests.repository import ROOT

TRYTON_SECONDS = 0.03
WANTED = 5.0
#: Processes of each pool. The two that ask the ERP most have as many as it takes at a time, by
#: what their steps work: of a mail, billing's do so for 0.25 s, inventory's for 0.1.
POOLS = {"billing": 7, "inventory": 3, "messaging": 1, "scheduling": 1}
ALONE = 15
PATIENCE_SECONDS = 600
#: Twelve processes start at once on a machine that may be busy.
START_SECONDS = 240
#: The same mail twice is one run: it is left out.
_AGAIN = "13-same-mail-again"
_MESSAGE_ID = re.compile(r"^Message-ID: <", re.MULTILINE | re.IGNORECASE)


@dataclass(frozen=True)
class Spent:
    """What the steps of one name did, in seconds each, on the average."""

    waited: float
    ran: float
    count: int


def main(arguments: Sequence[str] = ()) -> Results:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="offers", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--mails", type=int, default=100, help="how many come at once (100)")
    steps = "steps that the ERP takes (10)"
    parser.add_argument("--erp-capacity", type=int, default=10, help=steps)
    parser.add_argument("--short", action="store_true", help="only show that everything works")
    asked = parser.parse_args(arguments)
    many, alone = (4, 1) if asked.short else (asked.mails, ALONE)
    sizes = dict.fromkeys(POOLS, 1) if asked.short else POOLS
    with _stack(sizes) as (coordinator, notes):
        # At once, so that every process imports, connects and reads the catalogue with them.
        first = [_submit(coordinator, email) for email in _mails("first", 1 if asked.short else 40)]
        _wait(coordinator, first)
        coordinator.set_capacity("erp", asked.erp_capacity, by="bench", reason="measured")
        begun = time.perf_counter()
        for email in _mails("alone", alone):
            _wait(coordinator, [_submit(coordinator, email)])
        one_rate = alone / (time.perf_counter() - begun)
        notes.unlink(missing_ok=True)
        begun = time.perf_counter()
        runs = [_submit(coordinator, email) for email in _mails("many", many)]
        _wait(coordinator, runs)
        many_rate = many / (time.perf_counter() - begun)
        spent = _spent(coordinator, runs)
        calls = [float(line.split()[1]) for line in notes.read_text().splitlines()]
    return _told(one_rate, many_rate, spent, calls, many)


@contextmanager
def _stack(sizes: dict[str, int]) -> Iterator[tuple[Coordinator, Path]]:
    with tempfile.TemporaryDirectory(prefix="offers-") as made:
        folder = Path(made)
        package = slow_erp.announced(folder / "package")
        notes = folder / "calls"
        variables = {
            "PYTHONPATH": f"{ROOT}:{package}",
            "ERP_URL": f"{slow_erp.NAME}+sqlite:///{folder / 'erp.db'}",
            slow_erp.SECONDS_VARIABLE: str(TRYTON_SECONDS),
            slow_erp.NOTES_VARIABLE: str(notes),
        }
        settings = Settings(home=folder / "home")
        with (
            patch.dict("os.environ", variables),
            Stack(settings, services(settings, sizes)) as stack,
        ):
            stack.wait_until_ready(within=START_SECONDS)
            coordinator = Coordinator(stack.settings)
            with closing(coordinator.ledger):
                yield coordinator, notes


def _mails(series: str, count: int) -> Iterator[EmailInput]:
    samples = [email for path, email in emails_in(sample_mails()) if path.stem != _AGAIN]
    for number, email in enumerate(islice(cycle(samples), count)):
        yield EmailInput(raw=_MESSAGE_ID.sub(f"Message-ID: <{series}-{number}-", email.raw or ""))


def _submit(coordinator: Coordinator, email: EmailInput) -> str:
    run = coordinator.submit(OFFERS, {"email": email}, idempotency_key=idempotency_key(email))
    return run.id


def _wait(coordinator: Coordinator, runs: Sequence[str]) -> None:
    for run_id in runs:
        run = coordinator.wait(run_id, timeout=PATIENCE_SECONDS)
        assert run.state is RunState.SUCCEEDED, f"run {run.id} {run.state}: {run.error}"


def _spent(coordinator: Coordinator, runs: Sequence[str]) -> dict[str, Spent]:
    """Return what was spent on each step, from when it could have begun."""
    waited: dict[str, list[float]] = defaultdict(list)
    ran: dict[str, list[float]] = defaultdict(list)
    for run_id in runs:
        run = coordinator.run(run_id)
        steps = {step.name: step for step in coordinator.steps(run_id)}
        for planned in coordinator.plan(run_id).steps.values():
            step = steps[planned.step.name]
            if step.state is not StepState.SUCCEEDED or not step.started_at or not step.ended_at:
                continue  # skipped, as pricing is where there are questions
            ends = [steps[earlier].ended_at for earlier in planned.after]
            free = max((end for end in ends if end), default=run.submitted_at)
            waited[step.name].append((step.started_at - free).total_seconds())
            ran[step.name].append((step.ended_at - step.started_at).total_seconds())
    return {name: Spent(mean(waited[name]), mean(ran[name]), len(ran[name])) for name in ran}


def _told(
    one_rate: float, many_rate: float, spent: dict[str, Spent], calls: list[float], mails: int
) -> Results:
    table = Table("step", "runs of it", "waits ms", "works ms", "all of its work s")
    for name, of in spent.items():
        work = of.ran * of.count
        table.add_row(
            name, str(of.count), f"{of.waited * 1000:.0f}", f"{of.ran * 1000:.0f}", f"{work:.1f}"
        )
    Console(width=110).print(table)
    ratio = many_rate / one_rate
    all_work = sum(of.ran * of.count for of in spent.values())
    sys.stdout.write(
        f"one at a time: {one_rate:.2f} mails/s; {mails} at once: {many_rate:.2f} mails/s, "
        f"{ratio:.1f} times\n"
        f"calls of the ERP: {len(calls) / mails:.1f} a mail, {mean(calls) * 1000:.0f} ms each, "
        f"{sum(calls):.1f} s of the {all_work:.1f} s that steps worked\n"
    )
    chart = Chart(
        "offers",
        f"{mails} mails at once: where the time of a step goes",
        "ms",
        list(spent),
        {
            "waits": [of.waited * 1000 for of in spent.values()],
            "works": [of.ran * 1000 for of in spent.values()],
        },
    )
    goal = Goal(f"{mails} mails at once / one at a time", round(ratio, 1), WANTED)
    return Results([goal], [chart])


if __name__ == "__main__":
    main(sys.argv[1:])
