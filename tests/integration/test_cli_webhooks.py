"""The commands of webhooks, and a receiver that hears what they set going."""

from pathlib import Path

import pytest

from orchestrator.cli.exits import Exit
from orchestrator.ledger import Ledger
from orchestrator.listening.webhook_sender import WebhookSender
from tests.integration.command_line import Run, document, install
from tests.integration.receiver import receiver
from tests.waiting import eventually


@pytest.fixture
def orchestrator(
    tmp_path: Path, sqlite_ledger_url: str, broker: str, monkeypatch: pytest.MonkeyPatch
) -> Run:
    return install(tmp_path, sqlite_ledger_url, broker, monkeypatch)


@pytest.fixture
def webhook(orchestrator: Run) -> str:
    """The id of a webhook whose receiver is nowhere."""
    added = orchestrator("webhooks", "add", "http://127.0.0.1:1/", "--event", "run.*")
    return added.stdout.split()[0]


def test_a_secret_is_printed_once(orchestrator: Run) -> None:
    added = orchestrator(
        *("webhooks", "add", "https://example.com/", "--event", "run.*", "--event", "step.failed"),
        *("--by", "ann", "--json"),
    )

    made = document(added)
    assert made["secret"].startswith("whsec_")
    for listed in (orchestrator("webhooks", "list"), orchestrator("webhooks", "list", "--json")):
        assert made["id"] in listed.stdout
        assert "whsec_" not in listed.stdout
    (shown,) = document(orchestrator("webhooks", "list", "--json"))
    assert (shown["events"], shown["by"]) == (["run.*", "step.failed"], "ann")


def test_an_address_that_carries_events_in_clear_is_refused_unless_it_is_allowed(
    orchestrator: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ("webhooks", "add", "http://example.com/", "--event", "*")

    refused = orchestrator(*command, code=Exit.USAGE)

    assert "ORCHESTRATOR_WEBHOOKS_OVER_HTTP=true" in refused.stderr
    monkeypatch.setenv("ORCHESTRATOR_WEBHOOKS_OVER_HTTP", "true")
    orchestrator(*command)


def test_a_webhook_is_disabled_enabled_and_removed(orchestrator: Run, webhook: str) -> None:
    assert "is disabled" in orchestrator("webhooks", "disable", webhook).stderr
    assert "was already disabled" in orchestrator("webhooks", "disable", webhook).stderr
    assert document(orchestrator("webhooks", "list", "--json"))[0]["disabled_at"] is not None
    assert "is enabled" in orchestrator("webhooks", "enable", webhook).stderr
    assert "is removed" in orchestrator("webhooks", "remove", webhook).stderr

    assert document(orchestrator("webhooks", "list", "--json")) == []
    assert orchestrator("webhooks", "list").stderr.startswith("no webhooks: ")


@pytest.mark.parametrize("verb", ["remove", "disable", "enable", "test", "deliveries", "resend"])
def test_a_webhook_that_is_not_there_is_named(orchestrator: Run, verb: str) -> None:
    refused = orchestrator("webhooks", verb, "nothing", code=Exit.NOT_FOUND)

    assert refused.stderr.startswith("error: no webhook has the id 'nothing'")


def test_a_webhook_is_tried_out(orchestrator: Run, webhook: str) -> None:
    failed = orchestrator("webhooks", "test", webhook, code=Exit.FAILED)
    assert failed.stderr.startswith(f"error: webhook {webhook} was not told: ConnectError")

    with receiver() as state:
        added = orchestrator("webhooks", "add", state.url, "--event", "*", "--json")
        made = document(added)
        orchestrator("webhooks", "test", made["id"])
        assert state.types(made["secret"]) == ["webhook.test"]


def test_what_a_webhook_could_not_be_told_is_listed_and_sent_again(
    orchestrator: Run, webhook: str, sqlite_ledger_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert orchestrator("webhooks", "deliveries", webhook).stderr.startswith("no such deliveries")
    run = orchestrator("run", "add", "--set", "a=1", "--set", "b=2").stdout.strip()
    ledger = Ledger(sqlite_ledger_url)
    monkeypatch.setenv("ORCHESTRATOR_WEBHOOK_ATTEMPTS", "1")
    asked = ("webhooks", "deliveries", webhook, "--state", "given up", "--json")

    with _sender(ledger) as sender:
        sender.round()
        (given_up,) = eventually(lambda: document(orchestrator(*asked)))
    ledger.close()

    assert (given_up["name"], given_up["run_id"], given_up["attempts"]) == ("run.submitted", run, 1)
    assert "ConnectError" in orchestrator("webhooks", "deliveries", webhook).stdout
    resent = orchestrator("webhooks", "resend", webhook, "--reason", "it is up again")
    assert resent.stderr == f"events that webhook {webhook} is sent again: 1\n"
    assert document(orchestrator(*asked)) == []


def _sender(ledger: Ledger) -> WebhookSender:
    from orchestrator.settings import Settings  # noqa: PLC0415 - it reads this test's environment

    return WebhookSender.of(Settings(), ledger)
