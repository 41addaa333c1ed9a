"""The verbs of an operator; each is written to the log with who, when and why.

They work on the ledger alone, so it does not matter whether workers and broker are up,
and each takes effect once. What follows is told to the broker at once if it is there,
and by maintenance otherwise.
"""

from collections.abc import Collection

from orchestrator.ledger.flow.progress import Progress
from orchestrator.ledger.verbs import cancelling, reprioritizing, retrying, skipping
from orchestrator.ledger.who import accountable
from orchestrator.permits.withdrawing import withdraw
from orchestrator.states import AnyPriority, Priority
from orchestrator.verbs.answering import Answering
from orchestrator.verbs.holding import Holder
from orchestrator.verbs.renewing import Renewer
from orchestrator.verbs.telling import SOMEBODY
from orchestrator.verbs.weighing import Weigher


class Operator(Holder, Renewer, Answering, Weigher):
    """Changes runs that have been submitted; each verb says whether there was anything to do."""

    @accountable
    def cancel(
        self,
        run_id: str,
        *,
        by: str = SOMEBODY,
        reason: str = "the run was cancelled",
        compensate: bool = True,
        stop: bool = False,
    ) -> bool:
        """Stop a run: open steps are cancelled, running ones finish, what was done is undone.

        Args:
            compensate: False leaves what was done as it is. Of a run that undoes it already,
                the undoing that runs finishes, and no other begins.
            stop: end the running steps too. They count no more at once; their processes are
                ended within a beat, and may be at work while what came before is undone.

        Returns:
            Whether there was anything to do: not for a run that has ended, or comes to its end
            anyway.

        Raises:
            RunNotFound: no run has this id.
        """
        done = cancelling.cancel_family(
            self.ledger,
            run_id,
            self._plans,
            by=by,
            reason=reason,
            compensate=compensate,
            stop=stop,
        )
        self._follow_up_all(done)
        return bool(done)

    def cancel_task(self, task_id: str) -> bool:
        """Stop a task that was submitted alone; say whether there was anything to stop."""
        return self.cancel(task_id, reason="the task was cancelled")

    @accountable
    def retry(
        self,
        run_id: str,
        steps: Collection[str] = (),
        *,
        onwards: bool = False,
        by: str = SOMEBODY,
        reason: str = "the run was retried",
    ) -> bool:
        """Let a run go on from the steps that failed it; what succeeded is not done again.

        What was cancelled or undone is done again, and so is all that followed what was undone
        and what was skipped after any of these.

        Args:
            steps: do these again instead of what failed the run, elements of maps such as
                `build[3]` too. The effect of one that had succeeded stands; it makes another,
                under a new key.
            onwards: also all that follows them.

        Raises:
            RunNotFound: no run has this id.
            StepNotFound: the run has no such step.
            Refused: it cannot be retried so; the sentence says what can be done.
        """
        told = retrying.retry(
            self.ledger,
            run_id,
            self._plans,
            by=by,
            reason=reason,
            named=tuple(steps),
            onwards=onwards,
        )
        self._follow_up_all(told)
        return bool(told)

    @accountable
    def skip(
        self, run_id: str, steps: str | Collection[str], *, reason: str, by: str = SOMEBODY
    ) -> bool:
        """Let a run go on without a step, or several, as if somebody had seen to it.

        A run that has failed or was cancelled is retried without them.

        Raises:
            RunNotFound: no run has this id.
            StepNotFound: the run has no such step.
            Refused: a step runs or has succeeded.
        """
        named = (steps,) if isinstance(steps, str) else tuple(steps)
        told = skipping.skip(self.ledger, run_id, self._plans, named, by=by, reason=reason)
        self._follow_up_all(told)
        return bool(told)

    @accountable
    def reprioritize(
        self,
        run_id: str,
        priority: AnyPriority,
        *,
        all_steps: bool = False,
        by: str = SOMEBODY,
        reason: str = "the priority was changed",
    ) -> bool:
        """Change the priority of what is left of a run, and of the child runs it waits for.

        Messages that are queued are sent again at the new level.

        Args:
            all_steps: also of the steps whose definition names a priority of their own.

        Raises:
            RunNotFound: no run has this id.
            InvalidInput: there is no such priority.
        """
        told = reprioritizing.change(
            self.ledger,
            run_id,
            self._plans,
            Priority.of(priority),
            by=by,
            reason=reason,
            all_steps=all_steps,
        )
        for progress in told:
            # Who waits for permits asks anew, and stands by its new rank.
            withdraw(self._door, self._publisher, self._plans(progress.version), progress)
        self._follow_up_all(told)
        return bool(told)

    def _follow_up_all(self, told: Collection[Progress]) -> None:
        for progress in told:
            self._follow_up(progress)
