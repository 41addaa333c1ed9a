"""A plain executor to compare plans with: it knows steps and their predecessors, nothing else."""

import json
import re
from collections.abc import Collection

from orchestrator import Workflow


def predecessors_of(workflow: Workflow) -> dict[str, set[str]]:
    """Read the predecessors straight off the definition's text."""
    return {
        step.name: {
            *step.after,
            *re.findall(r"\$(s\d+)", json.dumps(step.inputs)),
            *re.findall(r"\b(s\d+)\b", step.when or ""),
        }
        for step in workflow.steps
    }


class ReferenceRun:
    """A step may start as soon as its own predecessors are done."""

    def __init__(self, workflow: Workflow, finished: Collection[str] = ()) -> None:
        self.predecessors = predecessors_of(workflow)
        self.done = set(finished)

    @property
    def startable(self) -> set[str]:
        return {
            name
            for name, predecessors in self.predecessors.items()
            if name not in self.done and predecessors <= self.done
        }

    def complete(self, name: str) -> None:
        assert name in self.startable
        self.done.add(name)
