"""What one attempt calls: its condition, its arguments, the task's function, its result."""

from collections.abc import Mapping
from typing import Any

from billiard.common import terminate_handler_fired  # type: ignore[attr-defined]  # not in the stubs

from orchestrator.application import Application
from orchestrator.arguments import bind
from orchestrator.declare import Attempt, Task
from orchestrator.errors import ResultTooLarge, StepError
from orchestrator.failpoints import reach
from orchestrator.language.references import Missing
from orchestrator.ledger import Ledger
from orchestrator.ledger.definitions import Plans
from orchestrator.ledger.flow.claim import Claim
from orchestrator.ledger.flow.outcome import Outcome
from orchestrator.pools.soft_limit import soft_limit
from orchestrator.retries import outcome_of
from orchestrator.scope import Scope
from orchestrator.settings import Settings
from orchestrator.states import StepState
from orchestrator.together import Together, together
from orchestrator.workflow import Step


class Calls:
    """Calls tasks in one worker process.

    Args:
        ledger: for the tasks that write into its transaction.
        application: has the tasks, and what provides for them.
        settings: say how large a result may be.
        plans: of the workflows.
    """

    def __init__(
        self, ledger: Ledger, application: Application, settings: Settings, plans: Plans
    ) -> None:
        self._ledger = ledger
        self._application = application
        self._result_limit = settings.result_limit_bytes
        self._plans = plans
        self._scope = Scope(application, plans)
        self._provided: dict[Any, Any] = {}

    def attempt(self, claim: Claim, step: Step) -> tuple[Outcome | Together, Exception | None]:
        """Call the step's function, unless it is skipped; return what came of it, and its error.

        Raises:
            BaseException: this process is being ended; the attempt is lost then, it has not failed.
        """
        attempt = Attempt(
            claim.run_id, claim.step, claim.attempt, claim.undoings, permit=claim.permit
        )
        try:
            with soft_limit(step):
                ended = self._ended(claim, step, attempt)
        except BaseException as raised:  # whatever the business raises is the step's failure
            if terminate_handler_fired():
                raise  # but this process is being ended: the attempt is lost, it has not failed
            error = _as_error(raised, step)
            return outcome_of(error, step, claim.failures + 1), error
        return ended, None

    def unmet(
        self, version: str, step: Step, run_input: str, results: Mapping[str, str]
    ) -> str | None:
        """Say why its condition keeps a step from being done; None: it does not.

        Raises:
            InvalidCondition: it cannot be evaluated with these values.
        """
        if self._scope.admits(step, version, run_input, results):
            return None
        return f"its condition {step.when!r} is false"

    def _ended(self, claim: Claim, step: Step, attempt: Attempt) -> Outcome | Together:
        if claim.idle is not None:
            return _skipped(claim.idle)
        unmet = self.unmet(claim.version, step, claim.run_input, claim.results)
        if unmet is not None:
            return _skipped(unmet)
        task = self._application.task(step.task)
        try:
            arguments = bind(step, task, claim)
        except Missing as missing:
            return _skipped(f"it needs {missing.reference}, and {missing.reason}")
        arguments |= self._provide(task)
        if task.attempt_parameter is not None:
            arguments[task.attempt_parameter] = attempt

        def call(**more: Any) -> Outcome:
            result = self._to_json(task, task.function(**arguments, **more))
            reach("executor.called")
            return Outcome(StepState.SUCCEEDED, result=result, warnings=tuple(attempt.warnings))

        parameter = task.transaction_parameter
        if parameter is None:
            return call()
        return together(self._ledger, self._plans, claim, lambda given: call(**{parameter: given}))

    def _provide(self, task: Task) -> dict[str, Any]:
        for kind in task.provided.values():
            if kind not in self._provided:
                self._provided[kind] = self._application.provider(kind)()
        return {name: self._provided[kind] for name, kind in task.provided.items()}

    def _to_json(self, task: Task, result: Any) -> str:
        text = task.write_result(result)
        limit = self._result_limit
        if len(text.encode()) > limit:
            raise ResultTooLarge(
                f"the result of task {task.name!r} has {len(text.encode()):,} bytes of JSON, and "
                f"{limit:,} are allowed: store it elsewhere and return a reference, or raise "
                "ORCHESTRATOR_RESULT_LIMIT_BYTES"
            )
        return text


def _as_error(raised: BaseException, step: Step) -> Exception:
    """Return what a step raised as an error that ends neither this process nor its loop."""
    if isinstance(raised, Exception):
        return raised
    if isinstance(raised, SystemExit):
        return StepError(f"step {step.name!r} called sys.exit({raised.code!r})")
    return StepError(f"step {step.name!r} raised {raised!r}")


def _skipped(reason: str) -> Outcome:
    return Outcome(StepState.SKIPPED, reason=reason)
