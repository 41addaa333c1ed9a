"""Webhooks are told of events: signed, each once, also what happened while nobody sent."""

import datetime as dt
from collections.abc import Iterator

import pytest

from orchestrator.ledger.log import deliveries, webhooks
from orchestrator.listening.webhook_client import WebhookClient
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


def test_what_was_told_long_ago_is_forgotten(book: Book, receiving: Receiver) -> None:
    webhook, _ = add(book, receiving.url, "run.started", "step.*")
    book.finish("a")
    enqueue(book)
    taken = deliveries.take(book.ledger, webhook, lease=60)
    assert taken is not None
    deliveries.succeeded(book.ledger, taken)

    assert deliveries.forget(book.ledger, older_than=dt.timedelta(days=1)) == 0
    assert deliveries.forget(book.ledger, older_than=dt.timedelta(0)) == 1

    assert {found.state for found in deliveries.list_of(book.ledger, webhook)} == {"due"}


def test_a_webhook_can_be_tried_out(book: Book, receiving: Receiver) -> None:
    receiving.answers += [204, 401]
    webhook, secret = add(book, receiving.url, "run.*")

    with WebhookClient() as client:
        assert client.test(webhook, receiving.url, secret) is None
        assert client.test(webhook, receiving.url, secret) == "it answered 401 Unauthorized"

    assert receiving.types(secret) == ["webhook.test"] * 2
    assert len({message.id for message in receiving.messages}) == 2
