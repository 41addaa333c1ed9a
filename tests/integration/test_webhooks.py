"""Webhooks are added, shown without their secrets, and removed; the log says by whom."""

import pytest

from orchestrator.errors import ConfigurationError, WebhookNotFound
from orchestrator.ledger import views
from orchestrator.ledger.events import NO_RUN
from orchestrator.ledger.log import webhooks
from tests.integration.book import Book

URL = "https://example.com/hook"


def test_a_webhook_is_shown_without_its_secret(book: Book) -> None:
    made, secret = webhooks.add(book.ledger, URL, ["step.failed", "run.*", "run.*"], by="ann")

    assert webhooks.list_all(book.ledger) == [made] == [webhooks.find(book.ledger, made.id)]
    assert (made.events, made.by, made.disabled_at) == (("run.*", "step.failed"), "ann", None)
    assert secret.startswith("whsec_")
    assert secret not in repr(made)
    assert webhooks.address(book.ledger, made.id) == (URL, secret)


def test_the_log_says_who_did_what_to_a_webhook(book: Book) -> None:
    made, secret = webhooks.add(book.ledger, URL, ["*"], by="ann")
    webhooks.disable(book.ledger, made.id, by="bob", reason="too loud")
    webhooks.enable(book.ledger, made.id, by="ann")
    webhooks.remove(book.ledger, made.id, by="bob", reason="gone")

    logged = [event for _, event in views.list_events(book.ledger, NO_RUN)]

    assert [(event.name, event.detail["by"], event.detail.get("reason")) for event in logged] == [
        ("webhook.added", "ann", None),
        ("webhook.disabled", "bob", "too loud"),
        ("webhook.enabled", "ann", ""),
        ("webhook.removed", "bob", "gone"),
    ]
    assert secret not in repr(logged)


def test_disabling_and_enabling_take_effect_once(book: Book) -> None:
    made, _ = webhooks.add(book.ledger, URL, ["*"], by="ann")

    assert not webhooks.enable(book.ledger, made.id, by="ann")
    assert [webhooks.disable(book.ledger, made.id, by="ann") for _ in range(2)] == [True, False]
    assert webhooks.find(book.ledger, made.id).disabled_at is not None
    assert [webhooks.enable(book.ledger, made.id, by="ann") for _ in range(2)] == [True, False]


@pytest.mark.parametrize("verb", [webhooks.disable, webhooks.enable, webhooks.remove])
def test_a_webhook_that_is_not_there_is_named(book: Book, verb: object) -> None:
    assert callable(verb)
    with pytest.raises(WebhookNotFound, match="no webhook has the id 'nothing'"):
        verb(book.ledger, "nothing", by="ann")


@pytest.mark.parametrize(
    ("url", "patterns", "sentence"),
    [
        ("http://example.com", ["*"], "would carry events in clear"),
        (URL, ["run"], "'run' fits no event"),
        (URL, [], "a webhook without events is told nothing"),
    ],
)
def test_a_wrong_webhook_is_refused(
    book: Book, url: str, patterns: list[str], sentence: str
) -> None:
    with pytest.raises(ConfigurationError, match=sentence):
        webhooks.add(book.ledger, url, patterns, by="ann")

    assert webhooks.list_all(book.ledger) == []
