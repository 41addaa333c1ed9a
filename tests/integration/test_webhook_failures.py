"""What becomes of an event that a webhook cannot be told: again later, and at last given up."""

import datetime as dt
import logging
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from orchestrator.clock import now
from orchestrator.definition.policies import Retry
from orchestrator.ledger import views
from orchestrator.ledger.events import NO_RUN
from orchestrator.ledger.log import deliveries
from orchestrator.ledger.side_tables import deliveries as delivery_rows
from orchestrator.ledger.side_tables import webhooks as webhook_rows
from orchestrator.ledger.tables import events, runs
from tests.integration.book import Book
from tests.integration.receiver import Receiver, receiver
from tests.integration.senders import Senders, add, enqueue, finish_all, senders, until


@pytest.fixture
def receiving() -> Iterator[Receiver]:
    with receiver() as state:
        yield state


@pytest.fixture
def start(book: Book) -> Iterator[Senders]:
    with senders(book) as start_one:
        yield start_one


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
    enqueue(book)
    assert deliveries.take(book.ledger, webhook, lease=60)
    assert deliveries.take(book.ledger, webhook, lease=60) is None

    book.change(delivery_rows, due_at=now() - dt.timedelta(seconds=1))
    start()

    (delivery,) = until(book, webhook, "delivered")
    assert delivery.attempts == 2


def test_who_comes_late_with_a_failure_changes_nothing(book: Book, receiving: Receiver) -> None:
    webhook, _ = add(book, receiving.url, "run.started")
    book.finish("a")
    enqueue(book)
    late = deliveries.take(book.ledger, webhook, lease=-1)
    second = deliveries.take(book.ledger, webhook, lease=60)
    assert late is not None
    assert second is not None

    deliveries.failed(book.ledger, late, "too slow", again_in=None)
    deliveries.succeeded(book.ledger, second)
    deliveries.failed(book.ledger, second, "again", again_in=0)

    (delivery,) = deliveries.list_of(book.ledger, webhook)
    assert (delivery.state, delivery.error) == ("delivered", None)


def test_an_event_that_was_pruned_before_it_could_be_told_is_given_up(
    book: Book, receiving: Receiver, start: Senders
) -> None:
    webhook, _ = add(book, receiving.url, "run.started")
    book.finish("a")
    enqueue(book)
    with book.ledger.write() as connection:
        connection.execute(sa.delete(runs))
        connection.execute(sa.delete(events).where(events.c.run_id == book.run_id))

    start()

    (delivery,) = until(book, webhook, "given up")
    assert delivery.error == "the event was pruned with its run before it could be told"
    assert receiving.messages == []


def test_an_address_that_was_allowed_and_no_longer_is_is_not_told(
    book: Book, receiving: Receiver, start: Senders
) -> None:
    webhook, _ = add(book, receiving.url, "run.started")
    book.change(webhook_rows, url="http://inside.example/")
    start(retry=Retry(max_attempts=1))

    book.finish("a")

    (delivery,) = until(book, webhook, "given up")
    assert "'http://inside.example' would carry events in clear" in str(delivery.error)
