"""Taking a step out of the lines it waits in, so that it asks anew."""

import logging

from orchestrator.errors import Unavailable
from orchestrator.ledger.flow.progress import Progress
from orchestrator.permits.door import Door
from orchestrator.permits.messages import Publisher
from orchestrator.permits.requests import StepRequest
from orchestrator.plan import Plan

log = logging.getLogger(__name__)


def withdraw(door: Door, publisher: Publisher, plan: Plan, progress: Progress) -> None:
    """Withdraw the requests of steps that are about to be sent again; never raises.

    One that has started meanwhile keeps what it has.
    """
    in_line = [hop for hop in progress.hops if plan[hop.step].step.permits]
    if not in_line:
        return
    try:
        with door.asking() as permits:
            for hop in in_line:
                own = StepRequest(progress.run_id, hop.step, hop.attempt)
                publisher.send_out(permits.cancel(str(own)).grants)
    except Unavailable as error:
        log.info("steps of run %s keep their places in line: %s", progress.run_id, error)
