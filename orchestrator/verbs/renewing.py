"""Running again, and moving to another version: what a run follows is changed or repeated."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

import sqlalchemy as sa

from orchestrator.errors import UnknownWorkflow
from orchestrator.ledger.flow.progress import Progress
from orchestrator.ledger.submission import Submission
from orchestrator.ledger.verbs import moving, rerunning
from orchestrator.ledger.views import Run
from orchestrator.ledger.who import accountable
from orchestrator.states import AnyPriority, Priority
from orchestrator.verbs.asking import Asking
from orchestrator.verbs.telling import SOMEBODY, Teller

#: Which version of a workflow is meant: the one that a run follows, the one that the
#: application has now, or the fingerprint of one that some run was begun with.
SAME, CURRENT = "same", "current"


class Renewer(Teller):
    """Repeats runs, and moves them to other versions."""

    @cached_property
    def _asking(self) -> Asking:
        return Asking(self.application, self.ledger)

    @accountable
    def rerun(
        self,
        run_id: str,
        *,
        version: str = SAME,
        run_input: Mapping[str, Any] | None = None,
        priority: AnyPriority | None = None,
        idempotency_key: str | None = None,
        by: str = SOMEBODY,
        reason: str = "the run was run again",
    ) -> Run:
        """Begin a run that repeats another, whatever has become of that.

        Args:
            version: `same`, `current`, or the fingerprint of another.
            run_input: another input than that run's.
            priority: another priority.
            idempotency_key: without one, each call begins a run.

        Raises:
            RunNotFound: no run has this id.
            WorkflowError: the version does not take the input, or there is no such version.
        """
        original = self.run(run_id)
        asked = self._asked(original, version, original.input if run_input is None else run_input)
        if version == SAME:
            asked = replace(asked, children=rerunning.children_of(self.ledger, run_id))
        asked = replace(
            asked,
            priority=original.priority if priority is None else Priority.of(priority),
            idempotency_key=idempotency_key,
        )
        new, is_new = rerunning.rerun(self.ledger, run_id, asked, by=by, reason=reason)
        if is_new:
            self._follow_up(Progress(new, asked.workflow.version, begun=(new,)))
        return self.run(new)

    @accountable
    def move(
        self,
        run_id: str,
        *,
        to: str = CURRENT,
        by: str = SOMEBODY,
        reason: str = "the run was moved",
    ) -> bool:
        """Let a run go on by another version of its workflow; False if it follows that already.

        Args:
            to: `current`, or the fingerprint of a version that some run was begun with.

        Raises:
            RunNotFound: no run has this id.
            Refused: it has begun what the other version does not have so, each step named.
            WorkflowError: the version does not take the run's input, or there is none.
        """
        run = self.run(run_id)
        asked = self._asked(run, to, run.input)
        told = moving.move(self.ledger, run_id, self._plans, asked, by=by, reason=reason)
        if told is None:
            return False
        self._follow_up(told)
        return True

    def _asked(self, run: Run, version: str, run_input: Mapping[str, Any]) -> Submission:
        if version == CURRENT:
            return self._asking(run.workflow, run_input)
        wanted = run.version if version == SAME else version
        try:
            workflow = self._plans.workflow(wanted)
        except sa.exc.NoResultFound as error:
            raise UnknownWorkflow(
                f"no run was begun with version {version!r} of workflow {run.workflow!r}: write "
                f"{SAME!r}, {CURRENT!r}, or what `orchestrator runs show --json` says of one"
            ) from error
        return self._asking(workflow, run_input)
