"""A producer's program: for each workflow it reads from its standard input, it submits a run.

    ← {"key": "…", "workflow": {…}, "input": {…}}     a line each
    → key run                                         when the run is submitted

Whoever kills it hands what was not answered to the next one, under the same key.
"""

import json
import os
import sys
import time
from typing import Any

from orchestrator import Coordinator, Run, Workflow, failpoints
from orchestrator.errors import Unavailable


def main() -> None:
    """Submit until the input ends."""
    failpoints.arm_from(os.environ)
    coordinator = Coordinator()
    for line in sys.stdin:
        asked = json.loads(line)
        workflow = asked["workflow"]
        if not isinstance(workflow, str):
            workflow = Workflow.model_validate(workflow)
        run = submit(coordinator, asked["key"], workflow, asked["input"])
        sys.stdout.write(f"{asked['key']} {run.id}\n")
        sys.stdout.flush()


def submit(coordinator: Coordinator, key: str, workflow: str | Workflow, run_input: Any) -> Run:
    """Submit until the ledger answers: with a key that is safe."""
    while True:
        try:
            return coordinator.submit(workflow, run_input, idempotency_key=key)
        except Unavailable as error:
            sys.stderr.write(f"{error}\n")
            time.sleep(0.1)


if __name__ == "__main__":
    main()
