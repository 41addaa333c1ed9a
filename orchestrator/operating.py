"""The verbs of an operator; each is written to the log with who, when and why.

They work on the ledger alone, so it does not matter whether workers and broker are up,
and each takes effect once. What follows is told to the broker at once if it is there,
and by maintenance otherwise.
"""

from orchestrator.answering import Answering
from orchestrator.holding import Holder
from orchestrator.ledger import cancelling
from orchestrator.telling import SOMEBODY


class Operator(Holder, Answering):
    """Changes runs that have been submitted."""

    def cancel(
        self,
        run_id: str,
        *,
        by: str = SOMEBODY,
        reason: str = "the run was cancelled",
        compensate: bool = True,
    ) -> bool:
        """Stop a run: open steps are cancelled, running ones finish, what was done is undone.

        Args:
            compensate: False leaves what was done as it is.

        Returns:
            Whether the run had not ended yet.

        Raises:
            RunNotFound: no run has this id.
        """
        if self.run(run_id).state.is_final:
            return False
        done = cancelling.cancel(
            self.ledger, run_id, self._plans, by=by, reason=reason, compensate=compensate
        )
        self._follow_up(done)
        return True

    def cancel_task(self, task_id: str) -> bool:
        """Stop a task that was submitted alone; say whether it had not ended yet."""
        return self.cancel(task_id, reason="the task was cancelled")
