"""A workflow to be scheduled, and a process that ticks its schedules once.

python -m tests.integration.letters LEDGER_URL
"""

import os
import sys
from typing import Any

from orchestrator import Application, Workflow, failpoints
from orchestrator.ledger import Ledger
from orchestrator.ledger.upkeep import schedules
from orchestrator.settings import Settings
from orchestrator.upkeep import scheduling

HOUR = 3600.0
LETTER = Workflow.model_validate(
    {
        "name": "letter",
        "steps": [
            {"name": "net", "task": "toy.add", "inputs": {"a": "$input.number"}},
            {"name": "write", "task": "toy.quote", "inputs": {"net": "$net", "day": "$input.day"}},
        ],
    }
)
FITTING = {"number": 7, "day": "$scheduled_on"}


def load() -> Application:
    found = Application.load(Settings(packages=("tests.toy",)), files=False)
    return Application(found.tasks, {LETTER.name: LETTER}, {})


def asked(name: str = "letters", run_input: Any = None, **changed: Any) -> schedules.Asked:
    """Return what makes a schedule whose first time is an hour away."""
    plain = {"every": HOUR, "cron": None, "timezone": "UTC", "catch_up": "all", "priority": None}
    given = FITTING if run_input is None else run_input
    return scheduling.wanted(name, "letter", given, **{**plain, **changed})


def found(ledger: Ledger, name: str = "letters") -> schedules.Schedule:
    with ledger.read() as connection:
        return schedules.find(connection, name)


if __name__ == "__main__":
    failpoints.arm_from(os.environ)
    scheduling.tick(Ledger(sys.argv[1]), load)
