"""Asking the ledger, and the broker where that matters, why a run does not move."""

from collections.abc import Callable, Collection
from dataclasses import replace
from functools import cache
from itertools import islice

from orchestrator.ledger import Ledger
from orchestrator.ledger.definitions import Plans
from orchestrator.ledger.questions import blocked_steps, blockers
from orchestrator.plan import Plan
from orchestrator.states import StepState
from orchestrator.why import causes
from orchestrator.why.facts import ChildFacts, Facts, PermitFacts, StepFacts
from orchestrator.why.reasons import Cause, Reason

#: A child's child is asked too, but somebody has to read the sentence.
_DEEP = 3

#: So many steps that wait for a child, or for elements, say what those wait for.
_FOLLOWED = 20


_Silent = Callable[[], str | None]
_Parked = Callable[[str, Plan, StepFacts], PermitFacts | None]


class Explainer:
    """Says why runs do not move.

    Args:
        silent: says why the broker does not answer; None: it does. Asked once at most, and only
            where a step waits for a worker.
        max_losses: how many workers a step may lose.
        parked: says what a step waits for that waits for permits.
    """

    def __init__(
        self,
        ledger: Ledger,
        plans: Plans,
        *,
        max_losses: int,
        silent: _Silent,
        parked: _Parked,
    ) -> None:
        self._ledger = ledger
        self._plans = plans
        self._max_losses = max_losses
        self._silent = silent
        self._parked = parked

    def why(self, run_id: str, step: str | None = None) -> list[Reason]:
        """Return a reason for every unfinished step, those at the front first.

        Args:
            step: only this one, also if it has ended, or an element such as `build[3]`.

        Raises:
            RunNotFound: no run has this id.
            StepNotFound: the run has no such step.
        """
        return self._why(run_id, step, deep=_DEEP, silent=cache(self._silent))

    def _why(self, run_id: str, step: str | None, *, deep: int, silent: _Silent) -> list[Reason]:
        facts = blockers.look(
            self._ledger, run_id, self._plans, step=step, max_losses=self._max_losses
        )
        if any(each.is_free and each.task for each in facts.steps):
            facts = replace(facts, silent=silent())
        found = causes.reasons(self._followed(facts, deep, silent))
        return found if step is None else [reason for reason in found if reason.step is not None]

    def _followed(self, facts: Facts, deep: int, silent: _Silent) -> Facts:
        """Return the facts with what the first children, elements and parked steps wait for."""
        steps = list(facts.steps)
        parked = (n for n, step in enumerate(steps) if step.state is StepState.PARKED)
        for number in islice(parked, _FOLLOWED):
            permit = self._parked(facts.run.id, facts.plan, steps[number])
            steps[number] = replace(steps[number], permit=permit)
        begun = (n for n, step in enumerate(steps) if step.state is StepState.WAITING)
        others = (n for n in begun if steps[n].kind in ("child", "map"))
        for number in islice(others, _FOLLOWED):
            steps[number] = self._follow(facts, steps[number], deep, silent)
        return replace(facts, steps=tuple(steps))

    def _follow(self, facts: Facts, step: StepFacts, deep: int, silent: _Silent) -> StepFacts:
        child = step.child
        if child is not None and not child.state.is_final and deep:
            return replace(step, child=self._of_child(child, deep - 1, silent))
        if step.kind == "map":
            first = blocked_steps.first_open_element(self._ledger, facts.run.id, step.name)
            if first is not None:
                (reason,) = self._why(facts.run.id, first, deep=deep, silent=silent)
                return replace(step, waits_on=f"{first!r} {reason.sentence}")
        return step

    def _of_child(self, child: ChildFacts, deep: int, silent: _Silent) -> ChildFacts:
        return replace(child, waits=_shortly(self._why(child.id, None, deep=deep, silent=silent)))


def _shortly(found: Collection[Reason]) -> str | None:
    """Return what a run waits for as one sentence: its first reason, and how many more."""
    moving = [reason for reason in found if reason.cause is not Cause.PREDECESSORS]
    if not moving:
        return None
    first, *others = moving
    if first.step is None:
        return first.sentence
    more = f" (and {len(others):,} more)" if others else ""
    return f"waits for its step {first.step!r}: it {first.sentence}{more}"
