"""Handing messages to the broker."""

from collections.abc import Iterable

from celery import Celery
from celery.canvas import Signature

from orchestrator.broker.patience import asking
from orchestrator.failpoints import reach


def publish(app: Celery, signatures: Iterable[Signature]) -> None:
    """Hand messages to the broker, many in one go.

    Raises:
        kombu.exceptions.OperationalError: the broker does not answer.
    """
    messages = list(signatures)
    if not messages:
        return
    reach("canvas.publishing")
    with asking(app), app.producer_or_acquire() as producer:
        if len(messages) == 1:  # a batch is sent once, and one message again if need be
            messages[0].apply_async(producer=producer)
        else:
            with producer.batch():
                for message in messages:
                    message.apply_async(producer=producer)
    reach("canvas.published")
