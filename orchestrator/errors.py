"""Every error the orchestrator raises on purpose.

OrchestratorError
├── WorkflowError               the definition or the input is wrong; mend it and submit again
│   ├── DAGValidationError      one or more sentences about one workflow
│   │   └── CycleDetectedError
│   ├── InvalidFile             a workflow file holds no workflow
│   ├── UnknownWorkflow
│   ├── UnknownTask
│   ├── InvalidCondition        a `when` does not parse or cannot be evaluated
│   ├── InvalidInput
│   ├── InvalidAnswer           it does not fit the fields that a waiting step asks for
│   ├── InvalidReference        a value begins with $ but is no reference
│   ├── InvalidTask
│   ├── InvalidSchedule         it names no times, or has the name of another
│   └── IdempotencyConflict
├── RunNotFound                 no run has this id
├── StepNotFound                no step of the run has this name
├── Refused                     the verb does not apply as things are; the sentence says what does
│   └── NotWaiting              the step waits for no answer: not yet, no longer, or never
├── ScheduleNotFound            no schedule has this name
├── SessionNotFound             no session has this id
├── WebhookNotFound             no webhook has this id
├── ResourceNotFound            no resource has this name
├── InvalidSignature            a webhook's message is not from us, was changed, or is old
├── UnknownEvent                the log has an event that this release does not know
├── ConfigurationError          a setting is missing or wrong
├── Unavailable                 the broker or the ledger does not answer; try again
│   └── InDoubt                 it went away while it committed: it may have
├── LostRace                    somebody else moved the record first; read it again
├── StepError                   one attempt of a step failed
│   ├── StepTimedOut
│   ├── WorkersLost
│   ├── DeadlineMissed          nobody answered in time
│   ├── WorkFailed              whoever had claimed it says so
│   ├── ResultTooLarge
│   ├── InputMismatch
│   └── DoNotRetry              raised by tasks: final, whatever the step's retry says
"""

from collections.abc import Sequence


class OrchestratorError(Exception):
    """Base of every error raised on purpose."""


class WorkflowError(OrchestratorError):
    """The definition or the input is wrong."""


class DAGValidationError(WorkflowError):
    """A workflow does not hold together.

    Attributes:
        problems: one sentence a problem, all of them, in the order of the steps.
    """

    def __init__(self, workflow: str, problems: Sequence[str]) -> None:
        self.workflow = workflow
        self.problems = tuple(problems)
        super().__init__(workflow, self.problems)

    def __str__(self) -> str:
        """Return the problems as one text, a line each."""
        return f"workflow {self.workflow!r}: " + "; ".join(self.problems)


class CycleDetectedError(DAGValidationError):
    """Steps wait for each other in a circle.

    Attributes:
        cycle: the step names in order; the first one follows the last.
    """

    def __init__(self, workflow: str, problems: Sequence[str], cycle: Sequence[str] = ()) -> None:
        super().__init__(workflow, problems)
        self.cycle = tuple(cycle)
        self.args = (workflow, self.problems, self.cycle)


class InvalidFile(WorkflowError):
    """A file that should hold a workflow does not.

    Attributes:
        problems: one sentence a problem, all of them, in the order of the file's fields.
    """

    def __init__(self, file: str, problems: Sequence[str]) -> None:
        self.file = file
        self.problems = tuple(problems)
        super().__init__(file, self.problems)

    def __str__(self) -> str:
        """Return the problems as one text."""
        return f"{self.file!r}: " + "; ".join(self.problems)


class UnknownWorkflow(WorkflowError):
    """No workflow has this name."""


class UnknownTask(WorkflowError):
    """No loaded package defines this task."""


class InvalidCondition(WorkflowError):
    """A `when` expression does not parse, or cannot be evaluated."""


class InvalidInput(WorkflowError):
    """The input of a run does not fit what its steps take."""


class InvalidAnswer(WorkflowError):
    """An answer does not fit the fields that the waiting step asks for; it waits on."""


class InvalidReference(WorkflowError):
    """A value begins with a dollar sign but is no reference."""


class InvalidTask(WorkflowError):
    """A function cannot be a task as it is declared."""


class InvalidSchedule(WorkflowError):
    """A schedule names no times, or has the name of another."""


class IdempotencyConflict(WorkflowError):
    """The idempotency key was used before, for another workflow or another input."""


class RunNotFound(OrchestratorError):
    """No run has this id."""

    @classmethod
    def of(cls, run_id: str) -> "RunNotFound":
        """Return the error of an id."""
        return cls(f"no run has the id {run_id!r}: `orchestrator runs list` shows them")


class StepNotFound(OrchestratorError):
    """No step of the run has this name."""


class Refused(OrchestratorError):
    """A verb does not apply to a run as it is now; nothing was changed."""


class NotWaiting(Refused):
    """The step waits for no answer: not yet, no longer, or never."""


class ScheduleNotFound(OrchestratorError):
    """No schedule has this name."""


class SessionNotFound(OrchestratorError):
    """No session has this id."""


class WebhookNotFound(OrchestratorError):
    """No webhook has this id."""


class ResourceNotFound(OrchestratorError):
    """No resource has this name."""


class InvalidSignature(OrchestratorError):
    """A webhook's message is not from us, was changed on its way, or is old."""


class UnknownEvent(OrchestratorError):
    """The log has an event that this release does not know."""


class ConfigurationError(OrchestratorError):
    """A setting is missing or wrong."""


class Unavailable(OrchestratorError):
    """The broker or the ledger does not answer."""


class InDoubt(Unavailable):
    """The ledger went away while it committed: the transaction may have happened or not."""


class LostRace(OrchestratorError):
    """Somebody else moved the record first."""


class StepError(OrchestratorError):
    """One attempt of a step failed."""


class StepTimedOut(StepError):
    """The attempt ran longer than its step's timeout."""


class WorkersLost(StepError):
    """The processes that ran the step died, one after the other."""


class DeadlineMissed(StepError):
    """Nobody answered the step within its deadline."""


class WorkFailed(StepError):
    """The agent or person who had claimed the step says that it failed."""


class ResultTooLarge(StepError):
    """The result has more bytes than `result_limit_bytes` allows."""


class InputMismatch(StepError):
    """A value bound to a parameter is not of the parameter's type."""


class DoNotRetry(StepError):
    """Raised by a task: this failure is final, whatever the step's `retry` says."""
