"""A webhook's receiver knows which messages are ours, and events go to no odd address."""

import base64
import datetime as dt
import json

import pytest

from orchestrator.errors import ConfigurationError, InvalidSignature
from orchestrator.ledger.log.feed import LoggedEvent
from orchestrator.listening import webhooks

SECRET = webhooks.new_secret()
BODY = b'{"type":"run.failed"}'
SENT_AT = 1_700_000_000.0
SIGNED = webhooks.headers(SECRET, "run-1", BODY, now=SENT_AT)


def test_a_message_of_ours_is_read() -> None:
    assert webhooks.verify(SECRET, SIGNED, BODY, now=SENT_AT) == {"type": "run.failed"}


def test_a_receiver_of_standard_webhooks_reads_it_too() -> None:
    """The values are of the specification's own example, not of this code."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body = b'{"test": 2432232314}'

    signed = webhooks.headers(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", body, now=1614265330)

    assert signed["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_headers_are_read_in_any_case() -> None:
    shouted = {name.upper(): value for name, value in SIGNED.items()}

    assert webhooks.verify(SECRET, shouted, BODY.decode(), now=SENT_AT)


def test_one_fitting_signature_of_several_is_enough() -> None:
    both = {**SIGNED, "webhook-signature": f"v2,other {SIGNED['webhook-signature']}"}

    assert webhooks.verify(SECRET, both, BODY, now=SENT_AT)


@pytest.mark.parametrize(
    ("secret", "headers", "body"),
    [
        (webhooks.new_secret(), SIGNED, BODY),
        (SECRET, SIGNED, BODY + b" "),
        (SECRET, {**SIGNED, "webhook-id": "run-2"}, BODY),
        (SECRET, {**SIGNED, "webhook-timestamp": str(int(SENT_AT) + 1)}, BODY),
        (SECRET, {**SIGNED, "webhook-signature": ""}, BODY),
        (SECRET, {**SIGNED, "webhook-signature": "v1,ü"}, BODY),
    ],
    ids=["secret", "body", "id", "timestamp", "none", "odd"],
)
def test_a_message_that_was_changed_is_refused(
    secret: str, headers: dict[str, str], body: bytes
) -> None:
    with pytest.raises(InvalidSignature, match="is not that of its content"):
        webhooks.verify(secret, headers, body, now=SENT_AT)


@pytest.mark.parametrize("seconds", [-301, 301])
def test_a_message_of_another_time_is_refused(seconds: float) -> None:
    with pytest.raises(InvalidSignature, match=f"was sent {seconds} s ago, and 300 s are allowed"):
        webhooks.verify(SECRET, SIGNED, BODY, now=SENT_AT + seconds)


@pytest.mark.parametrize("time", ["", "soon", "-1", "1e9", "²"])
def test_a_time_that_is_none_is_refused(time: str) -> None:
    with pytest.raises(InvalidSignature, match="is no time"):
        webhooks.verify(SECRET, {**SIGNED, "webhook-timestamp": time}, BODY)


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_what_has_no_signature_is_no_webhook(name: str) -> None:
    headers = {key: value for key, value in SIGNED.items() if key != name}

    with pytest.raises(InvalidSignature, match=f"no header '{name}'"):
        webhooks.verify(SECRET, headers, BODY)


def test_a_secret_of_another_kind_is_refused_and_not_shown() -> None:
    with pytest.raises(ConfigurationError, match="something else") as caught:
        webhooks.verify("hunter two", SIGNED, BODY, now=SENT_AT)

    assert "hunter" not in str(caught.value)


def test_secrets_differ_and_are_long() -> None:
    assert webhooks.new_secret() != SECRET
    assert len(base64.b64decode(SECRET.removeprefix("whsec_"))) == 32


@pytest.mark.parametrize(
    "url",
    [
        *("https://example.com/hook?x=1", "http://localhost:8080/", "http://127.0.0.9/"),
        "http://[::1]:80/hook",
    ],
)
def test_events_go_over_https_or_stay_on_this_machine(url: str) -> None:
    assert webhooks.check_address(url) == url


def test_events_go_in_clear_where_that_is_allowed() -> None:
    assert webhooks.check_address("http://inside.example/", over_http=True)
    with pytest.raises(ConfigurationError, match="would carry events in"):
        webhooks.check_address("http://inside.example/")


@pytest.mark.parametrize("url", ["", "example.com/hook", "ftp://example.com", "https:///hook"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError, match="is no address of a webhook"):
        webhooks.check_address(url)


def test_an_address_with_a_password_is_refused_and_not_shown() -> None:
    with pytest.raises(ConfigurationError, match="holds a user or a password") as caught:
        webhooks.check_address("https://me:hunter2@example.com/")

    assert "hunter2" not in str(caught.value)


def test_a_message_is_json_that_says_what_happened() -> None:
    at = dt.datetime(2026, 1, 31, 23, 59, tzinfo=dt.UTC)
    event = LoggedEvent(7, "step.failed", at, "0a1b", "offers", "price", 2, "w1", {"type": "Late"})

    assert webhooks.message_id(event) == "0a1b-7"
    assert json.loads(webhooks.body(event)) == {
        "type": "step.failed",
        "timestamp": "2026-01-31T23:59:00+00:00",
        "data": {
            "id": 7,
            "run": "0a1b",
            "workflow": "offers",
            "step": "price",
            "attempt": 2,
            "worker": "w1",
            "detail": {"type": "Late"},
        },
    }
