"""What the verbs have in common: what one sets free is told at once, or by maintenance.

A verb is a transaction of the ledger, and has happened when that has committed. So a
broker that is away makes it slower, never wrong.
"""

from orchestrator.ledger.flow.progress import Progress
from orchestrator.progression import left_to_maintenance
from orchestrator.verbs.reading import Reader

#: Who did it, where the caller does not say.
SOMEBODY = "somebody"


class Teller(Reader):
    """Base of the classes with verbs."""

    def _follow_up(self, progress: Progress) -> None:
        """Tell the broker what a verb set free; what cannot be told now, maintenance tells."""
        if not self.settings.broker_url:
            return
        with left_to_maintenance(f"maintenance follows up run {progress.run_id}"):
            self._progression.carry_out(progress)

    def _begin(self, run_id: str) -> None:
        """Send what is ready of a run; what cannot be sent now, maintenance sends."""
        with left_to_maintenance(f"run {run_id} is written and begins later"):
            self._progression.begin(run_id)
