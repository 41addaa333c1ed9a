"""What a step sees: the run's input and earlier results, plain for inputs, typed for conditions."""

import json
from collections.abc import Mapping
from typing import Any

from orchestrator.answers import answer_model
from orchestrator.application import Application
from orchestrator.declare import Parameter
from orchestrator.language.conditions import holds
from orchestrator.language.references import INPUT, RESERVED
from orchestrator.ledger.definitions import Plans
from orchestrator.validation.run_input import readers_of, typed_input
from orchestrator.workflow import Step


class Scope:
    """Evaluates conditions as the tasks see what they speak of."""

    def __init__(self, application: Application, plans: Plans) -> None:
        self._application = application
        self._plans = plans
        #: by workflow version: the parameter that reads each name of the run's input
        self._readers: dict[str, dict[str, Parameter]] = {}

    def admits(self, step: Step, version: str, run_input: str, results: Mapping[str, str]) -> bool:
        """Say whether a step's condition holds, or it has none.

        Args:
            run_input: JSON.
            results: JSON by step name.

        Raises:
            InvalidCondition: it cannot be evaluated with these values.
        """
        return step.when is None or holds(step.when, self._names(version, run_input, results))

    def _names(self, version: str, run_input: str, results: Mapping[str, str]) -> dict[str, Any]:
        steps = self._plans(version).steps
        if version not in self._readers:
            every = [planned.step for planned in steps.values()]
            tasks, workflows = self._application.tasks, self._application.workflows
            self._readers[version] = readers_of(every, tasks, workflows)
        names: dict[str, Any] = {
            name: self._read(steps[name].step, text)
            for name, text in results.items()
            if name not in RESERVED
        }
        names[INPUT] = typed_input(self._readers[version], json.loads(run_input))
        return names

    def _read(self, step: Step, text: str) -> Any:
        """Return a result with the types that its step's task or answer gives it."""
        if step.kind == "task":
            return self._application.task(step.task).read_result(text)
        if step.wait_for is not None and step.wait_for.answer is not None and text != "null":
            return answer_model(step.wait_for.answer).model_validate_json(text)
        if step.map is not None and step.task and step.map.on_error == "fail":
            read = self._application.task(step.task).read_result
            return [read(json.dumps(result)) for result in json.loads(text)]
        return json.loads(text)
