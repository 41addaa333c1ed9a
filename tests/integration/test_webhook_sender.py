"""Webhooks are told of events: signed, at least once, and again when it failed."""

import datetime as dt
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
import sqlalchemy as sa

from orchestrator.clock import now
from orchestrator.ledger import deliveries, views, webhooks
from orchestrator.ledger.deliveries import Delivery
from orchestrator.ledger.events import NO_RUN
from orchestrator.ledger.side_tables import deliveries as delivery_rows
from orchestrator.ledger.side_tables import webhooks as webhook_rows
from orchestrator.ledger.tables import events, runs
from orchestrator.policies import Retry
from orchestrator.webhook_sender import WebhookSender
from tests.integration.book import Book
from tests.integration.receiver import Receiver, receiver
from tests.waiting import eventually

#: Makes and starts one more sender, as another process would.
Senders = Callable[..., WebhookSender]

QUICK = Retry(max_attempts=3, backoff=0.01, jitter=0)


@pytest.fixture
def receiving() -> Iterator[Receiver]:
    with receiver() as state:
        yield state


@pytest.fixture
def start(book: Book) -> Iterator[Senders]:
    stop = threading.Event()
    with ExitStack() as threads:
        threads.callback(stop.set)

        def start_one(retry: Retry = QUICK, timeout: float = 5.0) -> WebhookSender:
            sender = WebhookSender(book.ledger, retry=retry, timeout=timeout, poll_seconds=0.01)
            thread = threading.Thread(target=sender.run, args=(stop,))
            thread.start()
            threads.callback(thread.join)
            threads.callback(stop.set)
            return sender

        yield start_one


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


def test_a_webhook_is_told_of_its_events_and_knows_that_we_told_it(
    book: Book, receiving: Receiver, start: Senders
) -> None:
    webhook, secret = add(book, f"{receiving.url}/hook", "run.*", "step.failed")
    start()

    finish_all(book)

    until(book, webhook, "delivered", 2)
    assert receiving.types(secret) == ["run.started", "run.succeeded"]
    said = receiving.messages[1].document(secret)["data"]
    assert (said["run"], said["workflow"]) == (book.run_id, "book")
    assert receiving.messages[1].id == f"{book.run_id}-{said['id']}"
    assert receiving.messages[1].path == "/hook"


def test_what_happened_before_a_webhook_was_added_is_not_told(
    book: Book, receiving: Receiver, start: Senders
) -> None:
    book.finish("a")
    webhook, secret = add(book, receiving.url, "*")
    start()

    book.finish("b")

    until(book, webhook, "delivered", 3)
    assert receiving.types(secret) == ["webhook.added", "step.started", "step.succeeded"]


def test_what_happened_while_no_sender_ran_is_told_later(
    book: Book, receiving: Receiver, start: Senders
) -> None:
    webhook, _ = add(book, receiving.url, "step.succeeded")
    finish_all(book)

    start()

    until(book, webhook, "delivered", 4)


def test_senders_that_work_side_by_side_tell_each_event_once(
    book: Book, receiving: Receiver, start: Senders
) -> None:
    webhook, _ = add(book, receiving.url, "step.*")
    for _ in range(3):
        start()

    finish_all(book)

    until(book, webhook, "delivered", 8)
    assert len({message.id for message in receiving.messages}) == len(receiving.messages) == 8


def test_a_message_that_failed_is_sent_again_under_the_same_id(
    book: Book, receiving: Receiver, start: Senders, caplog: pytest.LogCaptureFixture
) -> None:
    receiving.answers += [500, 429]
    webhook, secret = add(book, receiving.url, "run.started")
    start()

    with caplog.at_level(logging.WARNING):
        book.finish("a")
        (delivery,) = until(book, webhook, "delivered")

    assert (delivery.attempts, delivery.error) == (3, None)
    assert len({(message.id, message.body) for message in receiving.messages}) == 1
    assert receiving.types(secret) == ["run.started"] * 3
    assert "(attempt 1): it answered 500 Internal Server Error; again in 0 s" in caplog.text
    assert secret not in caplog.text


def test_what_fails_too_often_is_given_up_and_shown(
    book: Book, receiving: Receiver, start: Senders
) -> None:
    receiving.answers += [503, 503, 503]
    webhook, _ = add(book, receiving.url, "run.started")
    start()

    book.finish("a")

    (delivery,) = until(book, webhook, "given up")
    assert (delivery.name, delivery.run_id, delivery.attempts) == ("run.started", book.run_id, 3)
    assert delivery.error == "it answered 503 Service Unavailable"
    assert len(receiving.messages) == 3


def test_what_was_given_up_can_be_sent_again(
    book: Book, receiving: Receiver, start: Senders
) -> None:
    receiving.answers += [503, 503, 503]
    webhook, _ = add(book, receiving.url, "run.started")
    start()
    book.finish("a")
    until(book, webhook, "given up")

    assert deliveries.resend(book.ledger, webhook, by="ann", reason="it is up again") == 1

    (delivery,) = until(book, webhook, "delivered")
    assert delivery.attempts == 1
    assert deliveries.resend(book.ledger, webhook, by="ann") == 0
    said = [event.detail for _, event in views.list_events(book.ledger, NO_RUN)]
    assert said[1:] == [{"webhook": webhook, "by": "ann", "reason": "it is up again", "events": 1}]


def test_a_redirect_is_not_followed(book: Book, receiving: Receiver, start: Senders) -> None:
    receiving.answers += [307]
    webhook, _ = add(book, receiving.url, "run.started")
    start(retry=Retry(max_attempts=1))

    book.finish("a")

    (delivery,) = until(book, webhook, "given up")
    assert str(delivery.error).startswith("it answered 307 Temporary Redirect, and redirects")
    assert [message.path for message in receiving.messages] == ["/"]


def test_a_receiver_that_hangs_holds_up_no_other(
    book: Book, receiving: Receiver, start: Senders
) -> None:
    hanging, _ = add(book, f"{receiving.url}/hang", "step.*")
    well, _ = add(book, receiving.url, "step.*")
    start(timeout=30)

    finish_all(book)

    until(book, well, "delivered", 8)
    assert deliveries.list_of(book.ledger, hanging, states=["delivered"]) == []
    receiving.free.set()
    until(book, hanging, "delivered", 8)


def test_a_receiver_that_does_not_answer_is_given_a_moment(
    book: Book, receiving: Receiver, start: Senders
) -> None:
    webhook, _ = add(book, f"{receiving.url}/hang", "run.started")
    start(retry=Retry(max_attempts=1), timeout=0.1)

    book.finish("a")

    (delivery,) = until(book, webhook, "given up")
    assert delivery.error == "no answer within 0.1 s"


def test_a_receiver_that_is_not_there_is_named(book: Book, start: Senders) -> None:
    with receiver() as gone:
        pass
    webhook, _ = add(book, gone.url, "run.started")
    start(retry=Retry(max_attempts=1))

    book.finish("a")

    (delivery,) = until(book, webhook, "given up")
    assert "ConnectError" in str(delivery.error)


def test_what_a_dead_sender_took_is_sent_by_another(
    book: Book, receiving: Receiver, start: Senders
) -> None:
    webhook, _ = add(book, receiving.url, "run.started")
    book.finish("a")
    with WebhookSender(book.ledger) as first:
        first._enqueue()
    assert deliveries.take(book.ledger, webhook, lease=60)
    assert deliveries.take(book.ledger, webhook, lease=60) is None

    book.change(delivery_rows, due_at=now() - dt.timedelta(seconds=1))
    start()

    (delivery,) = until(book, webhook, "delivered")
    assert delivery.attempts == 2


def test_who_comes_late_with_a_failure_changes_nothing(book: Book, receiving: Receiver) -> None:
    webhook, _ = add(book, receiving.url, "run.started")
    book.finish("a")
    with WebhookSender(book.ledger) as sender:
        sender._enqueue()
    late = deliveries.take(book.ledger, webhook, lease=-1)
    second = deliveries.take(book.ledger, webhook, lease=60)
    assert late is not None
    assert second is not None

    deliveries.failed(book.ledger, late, "too slow", again_in=None)
    deliveries.succeeded(book.ledger, second)
    deliveries.failed(book.ledger, second, "again", again_in=0)

    (delivery,) = deliveries.list_of(book.ledger, webhook)
    assert (delivery.state, delivery.error) == ("delivered", None)


def test_a_disabled_webhook_is_told_nothing_and_an_enabled_one_what_is_new(
    book: Book, receiving: Receiver, start: Senders
) -> None:
    webhook, secret = add(book, receiving.url, "step.succeeded")
    start()
    book.finish("a")
    until(book, webhook, "delivered", 1)

    assert webhooks.disable(book.ledger, webhook, by="test")
    book.finish("b")
    assert webhooks.enable(book.ledger, webhook, by="test")
    book.finish("c")

    until(book, webhook, "delivered", 2)
    steps = [message.document(secret)["data"]["step"] for message in receiving.messages]
    assert steps == ["a", "c"]


def test_an_event_that_was_pruned_before_it_could_be_told_is_given_up(
    book: Book, receiving: Receiver, start: Senders
) -> None:
    webhook, _ = add(book, receiving.url, "run.started")
    book.finish("a")
    with WebhookSender(book.ledger) as sender:
        sender._enqueue()
    with book.ledger.write() as connection:
        connection.execute(sa.delete(runs))
        connection.execute(sa.delete(events).where(events.c.run_id == book.run_id))

    start()

    (delivery,) = until(book, webhook, "given up")
    assert delivery.error == "the event was pruned with its run before it could be told"
    assert receiving.messages == []


def test_what_was_told_long_ago_is_forgotten(book: Book, receiving: Receiver) -> None:
    webhook, _ = add(book, receiving.url, "run.started", "step.*")
    book.finish("a")
    with WebhookSender(book.ledger) as sender:
        sender._enqueue()
    taken = deliveries.take(book.ledger, webhook, lease=60)
    assert taken is not None
    deliveries.succeeded(book.ledger, taken)

    assert deliveries.forget(book.ledger, older_than=dt.timedelta(days=1)) == 0
    assert deliveries.forget(book.ledger, older_than=dt.timedelta(0)) == 1

    assert {found.state for found in deliveries.list_of(book.ledger, webhook)} == {"due"}


def test_an_address_that_was_allowed_and_no_longer_is_is_not_told(
    book: Book, receiving: Receiver, start: Senders
) -> None:
    webhook, _ = add(book, receiving.url, "run.started")
    book.change(webhook_rows, url="http://inside.example/")
    start(retry=Retry(max_attempts=1))

    book.finish("a")

    (delivery,) = until(book, webhook, "given up")
    assert "'http://inside.example' would carry events in clear" in str(delivery.error)


def test_a_webhook_can_be_tried_out(book: Book, receiving: Receiver) -> None:
    receiving.answers += [204, 401]
    webhook, secret = add(book, receiving.url, "run.*")

    with WebhookSender(book.ledger) as sender:
        assert sender.test(webhook) is None
        assert sender.test(webhook) == "it answered 401 Unauthorized"

    assert receiving.types(secret) == ["webhook.test"] * 2
    assert len({message.id for message in receiving.messages}) == 2
