"""Taking a step out of the lines it waits in, so that it asks anew."""

import logging

from kombu.exceptions import OperationalError

from orchestrator.errors import Unavailable
from orchestrator.ledger import Ledger
from orchestrator.ledger.flow.progress import Progress
from orchestrator.ledger.permits import epochs
from orchestrator.permits.door import Door
from orchestrator.permits.messages import Publisher
from orchestrator.permits.requests import StepRequest

log = logging.getLogger(__name__)


def withdraw(ledger: Ledger, door: Door, publisher: Publisher, progress: Progress) -> None:
    """Withdraw the requests of steps that are about to be sent again; never raises.

    One that has started meanwhile keeps what it has.
    """
    if not progress.hops or epochs.current(ledger) is None:
        return
    try:
        with door.asking() as permits:
            for hop in progress.hops:
                own = StepRequest(progress.run_id, hop.step, hop.attempt)
                publisher.publish(permits.cancel(str(own)).grants)
    except (OperationalError, Unavailable) as error:
        log.info("steps of run %s keep their places in line: %s", progress.run_id, error)
