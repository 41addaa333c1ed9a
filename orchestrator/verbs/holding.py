"""Holding back and letting go: a run, a workflow, a pool.

What is held back starts nothing new; what runs finishes. Times go by and answers are
taken meanwhile, so a run is further when it goes on.
"""

from orchestrator.errors import Refused
from orchestrator.ledger.verbs import paused_runs, pausing
from orchestrator.ledger.verbs.pausing import Pause
from orchestrator.ledger.who import accountable
from orchestrator.suggestion import did_you_mean
from orchestrator.verbs.telling import SOMEBODY, Teller


class Holder(Teller):
    """Pauses and resumes; each verb says whether there was anything to do."""

    @accountable
    def pause(self, run_id: str, *, by: str = SOMEBODY, reason: str = "the run was paused") -> bool:
        """Hold a run back, and the child runs it waits for; False if it was paused before.

        Raises:
            RunNotFound: no run has this id.
            Refused: it has ended, or is about to.
        """
        return paused_runs.pause(self.ledger, run_id, by=by, reason=reason)

    @accountable
    def resume(
        self, run_id: str, *, by: str = SOMEBODY, reason: str = "the run was resumed"
    ) -> bool:
        """Let a paused run go on; one whose workflow is held back too.

        Raises:
            RunNotFound: no run has this id.
        """
        told = paused_runs.resume(self.ledger, run_id, by=by, reason=reason)
        if told is None:
            return False
        self._follow_up(told)
        return True

    @accountable
    def pause_workflow(
        self, name: str, *, by: str = SOMEBODY, reason: str = "the workflow was paused"
    ) -> bool:
        """Hold every run of a workflow back, and those that are submitted from now on.

        Raises:
            UnknownWorkflow: no workflow has this name, and none of its runs is in the ledger.
        """
        if not pausing.is_known(self.ledger, "workflow", name):
            self.application.workflow(name)
        new = pausing.hold(self.ledger, "workflow", name, by=by, reason=reason)
        self._follow_workflows(by, reason)
        return new

    @accountable
    def resume_workflow(
        self, name: str, *, by: str = SOMEBODY, reason: str = "the workflow was resumed"
    ) -> bool:
        """Let the runs of a workflow go on, but those that were paused by themselves."""
        held = pausing.let_go(self.ledger, "workflow", name, by=by, reason=reason)
        self._follow_workflows(by, reason)
        return held

    @accountable
    def pause_pool(
        self, name: str, *, by: str = SOMEBODY, reason: str = "the pool was paused"
    ) -> bool:
        """Let no step of a pool start, whatever run it is of.

        Raises:
            Refused: no task is of this domain.
        """
        domains = self.application.domains
        if name not in domains and not pausing.is_known(self.ledger, "pool", name):
            raise Refused(f"there is no pool {name!r}{did_you_mean(name, domains)}")
        return pausing.hold(self.ledger, "pool", name, by=by, reason=reason)

    @accountable
    def resume_pool(
        self, name: str, *, by: str = SOMEBODY, reason: str = "the pool was resumed"
    ) -> bool:
        """Let the steps of a pool start again; maintenance sends their messages at once.

        There may be thousands of them, too many for one who only wants to say so.
        """
        return pausing.let_go(self.ledger, "pool", name, by=by, reason=reason)

    def pauses(self) -> list[Pause]:
        """Return the workflows and pools that are held back."""
        return pausing.held(self.ledger)

    def _follow_workflows(self, by: str, reason: str) -> None:
        for told in paused_runs.follow_workflows(self.ledger, by=by, reason=reason):
            self._follow_up(told)
