"""Handing steps of the ledger's outbox to the broker."""

from collections.abc import Sequence

from celery import Celery
from celery.canvas import Signature

from orchestrator import canvas
from orchestrator.broker.publishing import publish
from orchestrator.failpoints import reach
from orchestrator.ledger import Ledger, outbox
from orchestrator.ledger.definitions import Plans
from orchestrator.ledger.outbox import Dispatch


class Dispatcher:
    """Publishes steps, and notes that they are with the broker."""

    def __init__(self, ledger: Ledger, app: Celery, plans: Plans) -> None:
        self._ledger = ledger
        self._app = app
        self._plans = plans

    def dispatch(self, steps: Sequence[Dispatch]) -> frozenset[str]:
        """Publish steps; one that is published twice is claimed once.

        Returns:
            The versions that cannot be read here, whose steps are left as they are.

        Raises:
            kombu.exceptions.OperationalError: the broker does not answer.
        """
        versions = {step.version for step in steps}
        unread = frozenset(each for each in versions if self._plans.readable(each) is None)
        messages = {step: self._message(step) for step in steps if step.version not in unread}
        sent = {step: message for step, message in messages.items() if message is not None}
        if sent:
            publish(self._app, sent.values())
            reach("dispatcher.published")
            outbox.mark_queued(self._ledger, sent)
        return unread

    def _message(self, step: Dispatch) -> Signature | None:
        planned = self._plans.step(step.version, step.step)
        if planned is None:
            return None
        return canvas.signature(self._app, step.run_id, planned.step, step.attempt, step.level)
