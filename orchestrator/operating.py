"""The verbs of an operator; each is written to the log with who, when and why.

They work on the ledger alone, so it does not matter whether workers and broker are up,
and each takes effect once. What follows is told to the broker at once if it is there,
and by maintenance otherwise.
"""

import logging

from kombu.exceptions import OperationalError

from orchestrator.errors import Unavailable
from orchestrator.ledger import cancelling
from orchestrator.ledger.progress import Progress
from orchestrator.reading import Reader

log = logging.getLogger(__name__)

#: Who did it, where the caller does not say.
SOMEBODY = "somebody"


class Operator(Reader):
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

    def _follow_up(self, progress: Progress) -> None:
        """Tell the broker what a verb set free; what cannot be told now, maintenance tells."""
        if not self.settings.broker_url:
            return
        try:
            self._progression.carry_out(progress)
        except (OperationalError, Unavailable) as error:
            log.warning("maintenance follows up run %s: %s", progress.run_id, error)
