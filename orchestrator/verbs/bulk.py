"""Verbs for many runs at once, by what they have in common.

    coordinator.retry_all(RunFilter(states=[RunState.FAILED], error_type="NoPaper"), by="ann")

Each run is a transaction of its own: what is refused for one does not hold up the others,
and whoever dies half-way calls the same again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from orchestrator.errors import OrchestratorError, Unavailable
from orchestrator.ledger.verbs import selecting
from orchestrator.ledger.verbs.selecting import RunFilter
from orchestrator.ledger.who import accountable
from orchestrator.states import AnyPriority, Priority
from orchestrator.verbs.operating import Operator
from orchestrator.verbs.renewing import SAME
from orchestrator.verbs.telling import SOMEBODY


@dataclass(frozen=True, slots=True)
class Report:
    """What a verb did to many runs.

    Attributes:
        done: those it changed; of a dry run, those it would be tried on.
        unchanged: those where there was nothing to do.
        refused: the others, each with the sentence of why.
        began: the runs that were begun, by the run they repeat.
    """

    done: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    refused: Mapping[str, str] = field(default_factory=dict)
    began: Mapping[str, str] = field(default_factory=dict)


class Bulk(Operator):
    """Does to many runs what an operator does to one; a dry run only says to which."""

    def errors(self, wanted: RunFilter) -> list[tuple[str, int, str]]:
        """Return the kinds of errors of these runs, how often, and the newest run of each."""
        return selecting.errors(self.ledger, wanted)

    @accountable
    def cancel_all(
        self,
        wanted: RunFilter,
        *,
        by: str = SOMEBODY,
        reason: str = "the run was cancelled",
        compensate: bool = True,
        stop: bool = False,
        dry_run: bool = False,
    ) -> Report:
        """Cancel these runs; see `cancel`."""
        verb = partial(self.cancel, by=by, reason=reason, compensate=compensate, stop=stop)
        return self._each(wanted, verb, dry_run=dry_run)

    @accountable
    def pause_all(
        self,
        wanted: RunFilter,
        *,
        by: str = SOMEBODY,
        reason: str = "the run was paused",
        dry_run: bool = False,
    ) -> Report:
        """Pause these runs; see `pause`."""
        return self._each(wanted, partial(self.pause, by=by, reason=reason), dry_run=dry_run)

    @accountable
    def resume_all(
        self,
        wanted: RunFilter,
        *,
        by: str = SOMEBODY,
        reason: str = "the run was resumed",
        dry_run: bool = False,
    ) -> Report:
        """Let these runs go on; see `resume`."""
        return self._each(wanted, partial(self.resume, by=by, reason=reason), dry_run=dry_run)

    @accountable
    def retry_all(
        self,
        wanted: RunFilter,
        *,
        by: str = SOMEBODY,
        reason: str = "the run was retried",
        dry_run: bool = False,
    ) -> Report:
        """Let these runs go on from what failed them; see `retry`."""
        return self._each(wanted, partial(self.retry, by=by, reason=reason), dry_run=dry_run)

    @accountable
    def reprioritize_all(
        self,
        wanted: RunFilter,
        priority: AnyPriority,
        *,
        all_steps: bool = False,
        by: str = SOMEBODY,
        reason: str = "the priority was changed",
        dry_run: bool = False,
    ) -> Report:
        """Change the priority of these runs; see `reprioritize`."""
        level = Priority.of(priority)
        verb = partial(self.reprioritize, priority=level, all_steps=all_steps, by=by, reason=reason)
        return self._each(wanted, verb, dry_run=dry_run)

    @accountable
    def move_all(
        self,
        wanted: RunFilter,
        *,
        to: str = "current",
        by: str = SOMEBODY,
        reason: str = "the run was moved",
        dry_run: bool = False,
    ) -> Report:
        """Move these runs to another version where they agree; see `move`."""
        return self._each(wanted, partial(self.move, to=to, by=by, reason=reason), dry_run=dry_run)

    @accountable
    def rerun_all(
        self,
        wanted: RunFilter,
        *,
        version: str = SAME,
        priority: AnyPriority | None = None,
        by: str = SOMEBODY,
        reason: str = "the run was run again",
        dry_run: bool = False,
    ) -> Report:
        """Begin a run for each of these; see `rerun`."""
        began: dict[str, str] = {}
        level = None if priority is None else Priority.of(priority)

        def again(run_id: str) -> bool:
            new = self.rerun(run_id, version=version, priority=level, by=by, reason=reason)
            began[run_id] = new.id
            return True

        report = self._each(wanted, again, dry_run=dry_run)
        return replace(report, began=began)

    def _each(self, wanted: RunFilter, verb: Callable[[str], bool], *, dry_run: bool) -> Report:
        meant = selecting.select(self.ledger, wanted)
        if dry_run:
            return Report(done=tuple(meant))
        done: dict[bool, list[str]] = {True: [], False: []}
        refused: dict[str, str] = {}
        for run_id in meant:
            try:
                done[verb(run_id)].append(run_id)
            except Unavailable:
                raise  # the next one would meet the same
            except OrchestratorError as error:
                refused[run_id] = str(error)
        return Report(tuple(done[True]), tuple(done[False]), refused)
