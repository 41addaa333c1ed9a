"""How a step, or one attempt of it, ended: a value that the ledger writes down."""

import json
from dataclasses import dataclass
from typing import Any

from orchestrator.states import StepState


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an attempt failed, as the ledger keeps it."""

    type: str
    message: str
    traceback: str = ""

    def to_json(self) -> str:
        """Return the text for the `error` column."""
        fields = {"type": self.type, "message": self.message, "traceback": self.traceback}
        return json.dumps(fields)


def kept(text: str) -> str:
    r"""Return a text as any ledger can keep it; whoever cannot write how a step ended is stuck.

    >>> kept("no customer \x00\udcff")
    'no customer \\x00\\udcff'
    """
    return text.replace("\0", "\\x00").encode(errors="backslashreplace").decode()


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended.

    Attributes:
        state: succeeded, skipped, failed, or waiting for another attempt.
        result: JSON, when it succeeded.
        due_in: seconds until the next attempt, when it waits.
        critical: its failure ends the run.
    """

    state: StepState
    result: str | None = None
    failure: Failure | None = None
    reason: str | None = None
    due_in: float = 0.0
    critical: bool = True
    warnings: tuple[str, ...] = ()

    @property
    def ends_run(self) -> bool:
        """Say whether the run cannot go on."""
        return self.state is StepState.FAILED and self.critical

    @property
    def event_name(self) -> str:
        """The event that tells of it."""
        return "step.retrying" if self.state is StepState.WAITING else f"step.{self.state}"

    @property
    def detail(self) -> dict[str, Any]:
        """What the event says besides its name."""
        said: dict[str, Any] = {"reason": self.reason} if self.reason else {}
        if self.failure:
            said |= {"type": self.failure.type, "message": self.failure.message}
        return said

    @property
    def all_warnings(self) -> list[str]:
        """The task's own warnings, and its failure where that is tolerated."""
        tolerated = self.state is StepState.FAILED and not self.critical and self.failure
        if not tolerated or self.failure is None:
            return list(self.warnings)
        return [*self.warnings, f"{self.failure.type}: {self.failure.message}"]
