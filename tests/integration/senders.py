"""Senders of webhooks for a test, and what it waits for."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from orchestrator.definition.policies import Retry
from orchestrator.ledger.log import deliveries, webhooks
from orchestrator.ledger.log.deliveries import Delivery
from orchestrator.listening.webhook_client import WebhookClient
from orchestrator.listening.webhook_sender import WebhookSender
from tests.integration.book import Book
from tests.waiting import eventually

#: Makes and starts one more sender, as another process would.
Senders = Callable[..., None]

QUICK = Retry(max_attempts=3, backoff=0.01, jitter=0)


@contextmanager
def senders(book: Book) -> Iterator[Senders]:
    """Lend what starts senders, each in a thread; they stop with the block."""
    stop = threading.Event()
    with ExitStack() as threads:

        def start(retry: Retry = QUICK, timeout: float = 5.0) -> None:
            client = WebhookClient(timeout=timeout)
            sender = WebhookSender(book.ledger, client, retry=retry, poll_seconds=0.01)
            thread = threading.Thread(target=sender.run, args=(stop,))
            thread.start()
            threads.callback(thread.join)

        try:
            yield start
        finally:
            stop.set()


def add(book: Book, url: str, *patterns: str) -> tuple[str, str]:
    """Add a webhook; return its id and its secret."""
    made, secret = webhooks.add(book.ledger, url, patterns, by="test")
    return made.id, secret


def until(book: Book, webhook_id: str, state: str, count: int = 1) -> list[Delivery]:
    """Return a webhook's deliveries in a state when there are so many."""

    def found() -> list[Delivery]:
        listed = deliveries.list_of(book.ledger, webhook_id, states=[state])
        return listed if len(listed) == count else []

    return eventually(found)


def finish_all(book: Book) -> None:
    for name in "abcd":
        book.finish(name)


def enqueue(book: Book) -> None:
    """Make due what has happened, and send nothing."""
    with WebhookSender(book.ledger, WebhookClient()) as sender:
        sender._enqueue()
