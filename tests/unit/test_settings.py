"""Settings: what is named, what an embedded stack left, and what is missing."""

import json
from pathlib import Path
from typing import Any

import pytest

from orchestrator.errors import ConfigurationError
from orchestrator.settings import LEDGER_FILE, STACK_FILE, Settings


@pytest.fixture(autouse=True)
def _nothing_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("BROKER_URL", "LEDGER_URL", "HOME", "PACKAGES"):
        monkeypatch.delenv(f"ORCHESTRATOR_{name}", raising=False)


def test_a_running_stack_gives_its_addresses(tmp_path: Path) -> None:
    left = {"settings": {"broker_url": "redis://b", "ledger_url": "sqlite:///l"}}
    (tmp_path / STACK_FILE).write_text(json.dumps(left))

    settings = Settings(home=tmp_path).require_addresses()

    assert (settings.broker_url, settings.ledger_url) == ("redis://b", "sqlite:///l")


def test_what_is_named_goes_before_what_a_stack_left(tmp_path: Path) -> None:
    left = {"settings": {"broker_url": "redis://b", "ledger_url": "sqlite:///l"}}
    (tmp_path / STACK_FILE).write_text(json.dumps(left))

    assert Settings(home=tmp_path, broker_url="redis://mine").broker_url == "redis://mine"


def test_the_ledger_of_a_stack_that_has_ended_can_be_read(tmp_path: Path) -> None:
    (tmp_path / LEDGER_FILE).touch()

    settings = Settings(home=tmp_path).require_ledger()

    assert settings.ledger_url == f"sqlite:///{tmp_path / LEDGER_FILE}"
    with pytest.raises(ConfigurationError, match="ORCHESTRATOR_BROKER_URL is not set"):
        settings.require_addresses()


def test_a_missing_address_is_told_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"LEDGER_URL is not set.*`orchestrator up`"):
        Settings(home=tmp_path).require_ledger()


def test_a_broker_that_counts_no_chords_is_refused_without_its_password() -> None:
    amqp = Settings(broker_url="amqp://me:secret@host", ledger_url="sqlite:///l")

    with pytest.raises(ConfigurationError, match="the broker cannot live on 'amqp'") as caught:
        amqp.require_addresses()

    assert "secret" not in str(caught.value)


def test_packages_are_split_at_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORCHESTRATOR_PACKAGES", "one, two.three ,")

    assert Settings().packages == ("one", "two.three")


@pytest.mark.parametrize(
    ("text", "seconds"), [("2 weeks", 14 * 86400), ("3600", 3600), ("none", None), ("", None)]
)
def test_how_long_runs_are_kept_is_said_in_words_or_seconds(
    monkeypatch: pytest.MonkeyPatch, text: str, seconds: float | None
) -> None:
    monkeypatch.setenv("ORCHESTRATOR_KEEP_FAILED", text)

    assert Settings().keep_failed == seconds
    assert Settings().keep_succeeded == 30 * 86400


def test_another_process_is_given_what_was_said_and_no_more(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    kept: dict[str, Any] = {"keep_failed": None, "keep_succeeded": "30 days"}
    said = Settings(home=tmp_path, tick_seconds=0.5, packages=("a", "b"), **kept)

    for name, text in said.environment().items():
        monkeypatch.setenv(name, text)

    told = Settings()
    assert (told.tick_seconds, told.packages) == (0.5, ("a", "b"))
    assert (told.keep_failed, told.keep_succeeded) == (None, 30 * 86400)
    assert "ORCHESTRATOR_LEASE_SECONDS" not in said.environment()


def test_a_lease_that_ends_between_two_beats_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORCHESTRATOR_LEASE_SECONDS", "2")

    with pytest.raises(
        ConfigurationError, match=r"lease of 2 s .* beats every 3 s .* to 6 or more"
    ):
        Settings()

    assert Settings(beat_seconds=1).lease_seconds == 2
