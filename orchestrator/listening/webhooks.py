"""What a webhook's message looks like, and how its receiver knows that it is ours.

    event = webhooks.verify(secret, request.headers, request.body)

The form is that of Standard Webhooks (standardwebhooks.com), for which there are receivers
in most languages: the headers `webhook-id` (the same each time a message is sent again, so
a receiver can drop what it has), `webhook-timestamp` and `webhook-signature`, `v1,` and
the HMAC-SHA256 of `id.timestamp.body` in base64.
"""

import base64
import binascii
import hashlib
import hmac
import ipaddress
import json
import secrets
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from orchestrator.errors import ConfigurationError, InvalidSignature

if TYPE_CHECKING:
    from orchestrator.ledger.log.feed import LoggedEvent

#: What a secret begins with, so that people and scanners know what they look at.
_SECRET = "whsec_"  # noqa: S105 - the beginning of every secret, not one

#: The version of the signature: which hash, over what.
_VERSION = "v1"


def new_secret() -> str:
    """Return a secret for one webhook, 256 bits of chance."""
    return _SECRET + base64.b64encode(secrets.token_bytes(32)).decode()


def verify(
    secret: str,
    headers: Mapping[str, str],
    body: bytes | str,
    *,
    tolerance: float = 300.0,
    now: float | None = None,
) -> dict[str, Any]:
    """Return what a message says, if it comes from who has the secret.

    Args:
        headers: those of the request, in upper or lower case.
        body: the request's body as it came; what JSON makes of it is not what was signed.
        tolerance: seconds that the message may be old, or of the future.
        now: the time, in seconds since 1970.

    Raises:
        InvalidSignature: it does not, it was changed on its way, or it is an old one.
    """
    raw = body.encode() if isinstance(body, str) else body
    given = {name.lower(): value for name, value in headers.items()}
    missing = [f"webhook-{name}" for name in _SIGNED if f"webhook-{name}" not in given]
    if missing:
        raise InvalidSignature(f"the message has no header {missing[0]!r}: it is no webhook")
    message, sent, signatures = (given[f"webhook-{name}"] for name in _SIGNED)
    _refuse_other_times(sent, tolerance, time.time() if now is None else now)
    expected = _signature(secret, message, sent, raw).encode()
    found = [hmac.compare_digest(expected, part.encode()) for part in signatures.split()]
    if not any(found):
        raise InvalidSignature(
            f"the signature of message {message!r} is not that of its content under this secret"
        )
    document: dict[str, Any] = json.loads(raw)
    return document


def headers(secret: str, message: str, body: bytes, *, now: float | None = None) -> dict[str, str]:
    """Return the headers that let a receiver check a message, sent at `now`."""
    sent = str(int(time.time() if now is None else now))
    return {
        "content-type": "application/json",
        "webhook-id": message,
        "webhook-timestamp": sent,
        "webhook-signature": _signature(secret, message, sent, body),
    }


def message_id(event: "LoggedEvent") -> str:
    """Return the id of an event's message, unlike that of any other ledger's events."""
    return f"{event.run_id or 'ledger'}-{event.id}"


def body(event: "LoggedEvent") -> bytes:
    """Return an event as the JSON of a message."""
    document = {
        "type": event.name,
        "timestamp": event.at.isoformat(),
        "data": {
            "id": event.id,
            "run": event.run_id or None,
            "workflow": event.workflow,
            "step": event.step,
            "attempt": event.attempt,
            "worker": event.worker,
            "detail": event.detail,
        },
    }
    return json.dumps(document, separators=(",", ":")).encode()


def check_address(url: str, *, over_http: bool = False) -> str:
    """Return an address that messages may be sent to.

    Args:
        over_http: whether events may travel in clear beyond this machine.

    Raises:
        ConfigurationError: it is none.
    """
    parts = urlsplit(url)
    shown = f"{parts.scheme}://{parts.hostname or ''}"  # the rest may hold a password
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigurationError(f"{shown!r} is no address of a webhook: write https://host/path")
    if parts.username or parts.password:
        raise ConfigurationError(
            f"the address at {shown!r} holds a user or a password, which lists would show: "
            "leave it out, the signature says who sends"
        )
    if parts.scheme == "http" and not (over_http or _is_this_machine(parts.hostname)):
        raise ConfigurationError(
            f"{shown!r} would carry events in clear: use https, or allow it with "
            "ORCHESTRATOR_WEBHOOKS_OVER_HTTP=true"
        )
    return url


#: The parts that are signed besides the body, and the signatures, as headers are called.
_SIGNED = ("id", "timestamp", "signature")


def _signature(secret: str, message: str, sent: str, body: bytes) -> str:
    try:
        key = base64.b64decode(secret.removeprefix(_SECRET), validate=True)
    except binascii.Error as error:
        raise ConfigurationError(
            f"a webhook's secret is {_SECRET!r} and base64, as `orchestrator webhooks add` "
            "printed it; this one is something else"
        ) from error
    signed = hmac.new(key, f"{message}.{sent}.".encode() + body, hashlib.sha256)
    return f"{_VERSION},{base64.b64encode(signed.digest()).decode()}"


def _refuse_other_times(sent: str, tolerance: float, now: float) -> None:
    if not (sent.isascii() and sent.isdigit()):
        raise InvalidSignature(f"the message's webhook-timestamp {sent!r} is no time")
    if abs(now - int(sent)) > tolerance:
        raise InvalidSignature(
            f"the message was sent {now - int(sent):.0f} s ago, and {tolerance:.0f} s are "
            "allowed: it is an old one again, or one of the clocks is wrong"
        )


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
