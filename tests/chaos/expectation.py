"""What the steps of a run must have said, by its definition alone.

Only calls of tasks say something. A timer and a child are silent: whoever follows one
must at least come after what that one follows.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from orchestrator import Plan, Workflow, compile
from orchestrator.definition import names
from orchestrator.workflow import Step
from tests.chaos.works.record import Line


@dataclass(frozen=True)
class Expectation:
    """The calls of a run, and when each may begin."""

    plan: Plan

    @classmethod
    def of(cls, workflow: Workflow) -> "Expectation":
        return cls(compile(workflow))

    @property
    def calls(self) -> list[str]:
        """The names under which tasks are called: steps, and elements of maps."""
        return [call for name in self.plan.steps for call in self._calls_of(name)]

    @property
    def completed(self) -> list[str]:
        """Whatever is completed, each once: steps, and elements of maps."""
        return [*{*self.plan.steps, *self.calls}]

    @property
    def children(self) -> int:
        """How many child runs there are."""
        return sum(planned.step.kind == "child" for planned in self.plan.steps.values())

    def disorder(self, said: Sequence[Line]) -> Iterator[str]:
        """Give a sentence for each call that began before it might."""
        ended: set[str] = set()
        for line in said:
            if line.event == "end":
                ended.add(line.step)
            elif not self._may_begin(names.base(line.step), ended):
                done = ", ".join(sorted(ended)) or "nothing"
                yield f"{line.step} began when only {done} was done"

    def _may_begin(self, name: str, ended: set[str]) -> bool:
        planned = self.plan.steps[name]
        done = sum(self._is_done(before, ended) for before in planned.after)
        return done >= _needed(planned.step, len(planned.after))

    def _is_done(self, name: str, ended: set[str]) -> bool:
        if calls := self._calls_of(name):
            return ended.issuperset(calls)
        return self._may_begin(name, ended)

    def _calls_of(self, name: str) -> list[str]:
        step = self.plan.steps[name].step
        if step.map is not None:
            return [names.element(name, index) for index in range(len(step.map.over))]
        return [name] if step.kind == "task" else []


def _needed(step: Step, predecessors: int) -> int:
    if step.join == "any":
        return min(1, predecessors)
    return step.join if isinstance(step.join, int) else predecessors
