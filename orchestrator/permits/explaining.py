"""Why a parked step waits: which resource is short, who holds it, and who comes before."""

import datetime as dt
from collections.abc import Iterable, Mapping

from orchestrator.capacity.replies import State
from orchestrator.capacity.views import Cause, Explanation, Holder, Wait
from orchestrator.errors import Unavailable
from orchestrator.ledger import Ledger, workers
from orchestrator.permits.door import Door
from orchestrator.permits.requests import ScopeRequest, StepRequest, parse
from orchestrator.plan import Plan
from orchestrator.why.facts import HolderFacts, PermitFacts, StepFacts


class PermitExplainer:
    """Asks Redis for one step after the other."""

    def __init__(self, ledger: Ledger, door: Door) -> None:
        self._ledger = ledger
        self._door = door

    def __call__(self, run_id: str, plan: Plan, step: StepFacts) -> PermitFacts | None:
        """Return what a parked step waits for; None where Redis does not say."""
        found = self._parked(run_id, plan, step)
        if found is None or found.wait is None:
            return None
        wait = found.wait
        return PermitFacts(
            resource=wait.resource,
            cause=_cause(wait),
            place=wait.position + 1,
            holders=self._holders(wait.holders) if wait.cause in _HELD else (),
        )

    def _parked(self, run_id: str, plan: Plan, step: StepFacts) -> Explanation | None:
        scopes = [ScopeRequest(run_id, number) for number, _ in plan[step.name].opens]
        try:
            with self._door.asking() as permits:
                for request in (*scopes, StepRequest(run_id, step.name, step.attempts + 1)):
                    found = permits.explain(str(request))
                    if found.state is State.PARKED:
                        return found
        except Unavailable:
            return None
        return None

    def _holders(self, holders: Iterable[Holder]) -> tuple[HolderFacts, ...]:
        found = list(holders)
        where = workers.places(self._ledger, [holder.session for holder in found])
        return tuple(_holder(holder, where) for holder in found)


#: The causes of which it matters who holds the resource.
_HELD = (Cause.CAPACITY, Cause.ORDER, Cause.RESERVED)


def _cause(wait: Wait) -> str:
    seconds = f"{wait.remaining:.1f} s"
    return {
        Cause.NEVER: "it asks for more than there is, and is about to fail",
        Cause.BLOCKED: f"nothing is granted for {seconds} more",
        Cause.ORDER: f"{_name(wait.whom)} is before it, and nobody passes",
        Cause.RATE: f"its quota comes again in {seconds}",
        Cause.CAPACITY: "all of it is taken",
        Cause.RESERVED: f"what is left is kept for {_name(wait.whom)}, which has waited longest",
        Cause.TURN: "it is about to be granted",
    }[wait.cause]


def _holder(holder: Holder, where: Mapping[str, str]) -> HolderFacts:
    since = dt.datetime.fromtimestamp(holder.since, dt.UTC)
    return HolderFacts(_name(holder.id), holder.amount, since, where.get(holder.session))


def _name(request: str) -> str:
    found = parse(request)
    if isinstance(found, StepRequest):
        return f"step {found.step!r} of run {found.run_id}"
    if isinstance(found, ScopeRequest):
        return f"run {found.run_id}, over several steps"
    return repr(request)
