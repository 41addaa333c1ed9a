"""One message to one webhook: sent over HTTP, and why it did not arrive."""

import logging
import threading
import time
from contextlib import suppress
from functools import cached_property
from typing import Self

import httpx

from orchestrator import __version__, clock
from orchestrator.ledger.events import NO_RUN
from orchestrator.ledger.log.feed import LoggedEvent
from orchestrator.listening import webhooks
from orchestrator.settings import Settings

#: So much of an answer is read, to use its connection again. Nobody looks at it.
_ANSWER_BYTES = 65_536
_ANSWER_SECONDS = 1.0

#: What stays on this machine passes no proxy.
_DIRECT = dict.fromkeys(("all://localhost", "all://127.0.0.1", "all://[::1]"))


class WebhookClient:
    """Sends messages, keeps connections; threads may share it.

    Args:
        over_http: whether events may travel in clear beyond this machine.
        timeout: seconds to wait for a connection, and then for an answer.
    """

    def __init__(self, *, over_http: bool = False, timeout: float = 5.0) -> None:
        self._over_http = over_http
        self._timeout = timeout
        self._making = threading.Lock()

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Return a client as an installation's settings want it."""
        return cls(over_http=settings.webhooks_over_http, timeout=settings.webhook_timeout_seconds)

    def post(self, url: str, secret: str, event: LoggedEvent) -> str | None:
        """Send a message; return why it did not arrive."""
        body = webhooks.body(event)
        try:
            webhooks.check_address(url, over_http=self._over_http)
            headers = webhooks.headers(secret, webhooks.message_id(event), body)
            with self._made().stream("POST", url, content=body, headers=headers) as answer:
                _read_some(answer)
                return _refusal(answer)
        except httpx.TimeoutException:
            return f"no answer within {self._timeout:g} s"
        except Exception as error:  # whatever an address or a network does, the next may do better
            return f"{type(error).__name__}: {error}"

    def test(self, webhook_id: str, url: str, secret: str) -> str | None:
        """Send a message that says nothing; return why it did not arrive."""
        return self.post(url, secret, _test_event(webhook_id))

    def close(self) -> None:
        """Close every connection."""
        if "_client" in vars(self):
            self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _made(self) -> httpx.Client:
        with self._making:  # several threads would make several
            return self._client

    @cached_property
    def _client(self) -> httpx.Client:
        """Made when it is first needed: it reads certificates, and most have no webhooks."""
        # It logs each address at level INFO, and some addresses are secrets themselves.
        logging.getLogger("httpx").setLevel(logging.WARNING)
        return httpx.Client(
            timeout=self._timeout,
            follow_redirects=False,  # a signed message is for the address it was signed for
            headers={"user-agent": f"celery-orchestrator/{__version__}"},
            mounts=_DIRECT,
        )


def _refusal(answer: httpx.Response) -> str | None:
    """Return what an answer says if it does not say that the message was taken."""
    if answer.is_success:
        return None
    said = f"it answered {answer.status_code} {answer.reason_phrase}".rstrip()
    if answer.has_redirect_location:
        return f"{said}, and redirects are not followed: give the address that it leads to"
    return said


def _read_some(answer: httpx.Response) -> None:
    """Read a short answer to its end, so that its connection can be used again."""
    until = time.monotonic() + _ANSWER_SECONDS
    with suppress(httpx.HTTPError):  # the status has come, and it alone counts
        read = 0
        for part in answer.iter_raw():
            read += len(part)
            if read > _ANSWER_BYTES or time.monotonic() > until:
                return


def _test_event(webhook_id: str) -> LoggedEvent:
    return LoggedEvent(
        id=time.time_ns(),  # no event's, and another each time: a receiver drops what it has
        name="webhook.test",
        at=clock.now(),
        run_id=NO_RUN,
        workflow=None,
        step=None,
        attempt=None,
        worker=None,
        detail={"webhook": webhook_id},
    )
