"""What a step sees: the run's input and earlier results, plain for inputs, typed for conditions."""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from orchestrator.application import Application
from orchestrator.declare import Parameter
from orchestrator.language.conditions import holds
from orchestrator.language.references import INPUT, RESERVED
from orchestrator.ledger.definitions import Plans
from orchestrator.validation.needs import Known
from orchestrator.validation.results import Results
from orchestrator.validation.run_input import readers_of, typed_input
from orchestrator.workflow import Step


class Scope:
    """Evaluates conditions as the tasks see what they speak of."""

    def __init__(self, application: Application, plans: Plans) -> None:
        self._application = application
        self._plans = plans
        #: by workflow version: the parameter that reads each name of the run's input
        self._readers: dict[str, dict[str, Parameter]] = {}
        #: by workflow version and step: what reads its result
        self._adapters: dict[tuple[str, str], TypeAdapter[Any]] = {}

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
            name: self._read(version, steps[name].step, text)
            for name, text in results.items()
            if name not in RESERVED
        }
        names[INPUT] = typed_input(self._readers[version], json.loads(run_input))
        return names

    def _read(self, version: str, step: Step, text: str) -> Any:
        """Return a result with the types that its task, its answer or its child gives it."""
        key = (version, step.name)
        if key not in self._adapters:
            known = Known(self._application.tasks, self._application.workflows)
            results = Results(self._plans.workflow(version), known)
            self._adapters[key] = TypeAdapter(results.of_step(step))
        try:
            return self._adapters[key].validate_json(text, by_alias=True, by_name=True)
        except ValidationError:
            # A skipped answer is null, and a child may be of an older version than we know.
            return json.loads(text)
