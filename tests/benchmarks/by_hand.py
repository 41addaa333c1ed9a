"""The same work as Celery's users write it: group, chord and chain of a task that does nothing.

The settings are those of our pools, so that what is compared is the coordination: late
acknowledgement, prefetch 1, events for Flower, no results but the one that is waited for.
"""

from celery import Celery, group
from celery.canvas import Signature


def celery_app(address: str | None = None) -> Celery:
    """Return an application; one that is only to send needs an address."""
    made = Celery("by_hand", broker=address, backend=address, set_as_current=False)
    made.conf.update(_SETTINGS)
    return made


_SETTINGS = {
    "task_acks_late": True,
    "task_reject_on_worker_lost": True,
    "task_ignore_result": True,
    "task_send_sent_event": True,
    "worker_prefetch_multiplier": 1,
    "worker_send_task_events": True,
    "worker_hijack_root_logger": False,
    "broker_connection_retry_on_startup": True,
    # A pool of ours listens to ten levels of priority; so does this one.
    "broker_transport_options": {
        "priority_steps": list(range(10)),
        "sep": ":",
        "queue_order_strategy": "priority",
    },
}


app = celery_app()


@app.task
def do_nothing() -> None:
    pass


def fan(width: int) -> Signature:
    """A first step, `width` steps after it, and one that joins them."""
    return do_nothing.si() | group(do_nothing.si() for _ in range(width)) | _last()


def chain(length: int, sender: Celery = app) -> Signature:
    """Steps one after another."""
    links = _link(sender)
    for _ in range(length - 2):
        links |= _link(sender)
    return links | _last(sender)


def _link(sender: Celery) -> Signature:
    return sender.signature(do_nothing.name, immutable=True)


def _last(sender: Celery = app) -> Signature:
    """The step whose result says that all is done."""
    return _link(sender).set(ignore_result=False)
