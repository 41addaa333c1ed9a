"""The Celery application: one configuration for producers, pools and maintenance."""

from collections.abc import Callable
from typing import Any

from celery import Celery

from orchestrator.broker import keepalive, transport
from orchestrator.broker.patience import Producer
from orchestrator.canvas import EXCHANGE, queue_of
from orchestrator.chords import EXPIRES_SECONDS, SharedHeaderBackend
from orchestrator.settings import Settings

#: A message is delivered again after this many seconds without an acknowledgement. The
#: ledger's leases find the dead within seconds, so this is longer than any step.
VISIBILITY_SECONDS = 24 * 3600

#: Sub-queues of a queue are named `queue:level`; level 0 is the queue itself.
SEPARATOR = ":"

_TRANSPORT_OPTIONS = {
    "visibility_timeout": VISIBILITY_SECONDS,
    "unacked_restore_interval": 10,
    "unacked_restore_throttle": 1,
    "priority_steps": list(range(10)),
    "sep": SEPARATOR,
    "queue_order_strategy": "priority",
    "socket_timeout": 30,  # longer than a worker waits for a message
    "socket_connect_timeout": 5,
    "socket_keepalive": True,
    "socket_keepalive_options": keepalive.REDIS,
    "health_check_interval": 25,
}

#: A producer waits for nothing but answers, and maintenance is behind it: with one more try
#: it gives up on a broker that does not answer within about five seconds.
_PRODUCER_SECONDS = 2
_PRODUCING: dict[str, Any] = {
    "broker_transport_options": {
        **_TRANSPORT_OPTIONS,
        "socket_timeout": _PRODUCER_SECONDS,
        "socket_connect_timeout": _PRODUCER_SECONDS,
    },
    "broker_connection_timeout": _PRODUCER_SECONDS,
    "broker_pool_acquire_timeout": _PRODUCER_SECONDS,
    "redis_socket_timeout": _PRODUCER_SECONDS,
    "redis_socket_connect_timeout": _PRODUCER_SECONDS,
    "task_publish_retry_policy": {"max_retries": 1, "interval_start": 0, "interval_max": 0.5},
}


def producer_app(settings: Settings) -> Producer:
    """Return an application that publishes and consumes nothing."""
    app = Producer()
    app.add_defaults(lambda: {**_configuration(settings, None), **_PRODUCING})
    return app


def configure(app: Celery, settings: Callable[[], Settings], *, queue: str | None = None) -> None:
    """Let an application read its configuration from the settings when it is first used.

    Args:
        queue: what a worker of this application consumes.
    """
    app.add_defaults(lambda: _configuration(settings(), queue))


def _configuration(settings: Settings, queue: str | None) -> dict[str, Any]:
    transport.install()
    settings.require_addresses()
    backend = f"{SharedHeaderBackend.__module__}:{SharedHeaderBackend.__name__}"
    return {
        "broker_url": settings.broker_url,
        "result_backend": f"{backend}+{settings.broker_url}",
        "broker_transport_options": {**_TRANSPORT_OPTIONS},
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "broker_pool_acquire_timeout": 10,
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "task_ignore_result": True,
        "task_publish_retry_policy": {"max_retries": 2, "interval_max": 0.5},
        "task_send_sent_event": True,
        "task_create_missing_queues": False,
        "task_default_exchange": EXCHANGE.name,
        "task_default_exchange_type": EXCHANGE.type,
        "task_serializer": "json",
        "result_serializer": "json",
        "accept_content": ["json"],
        "result_backend_always_retry": True,
        "result_chord_expires": EXPIRES_SECONDS,
        "worker_consumer": "orchestrator.pools.consumer:Consumer",
        "worker_prefetch_multiplier": 1,
        "worker_send_task_events": True,
        "worker_hijack_root_logger": False,
        "worker_soft_shutdown_timeout": 20,
        "task_queues": [queue_of(queue)] if queue else [],
        "task_default_queue": queue or "orchestrator",
    }
