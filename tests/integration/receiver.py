"""A receiver of webhooks: a real HTTP server that answers as a test says, and counts."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from orchestrator.listening import webhooks


@dataclass(frozen=True)
class Message:
    """One request that came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    def document(self, secret: str) -> dict[str, Any]:
        """Return what it says, as a receiver checks it."""
        return webhooks.verify(secret, self.headers, self.body)


@dataclass
class Receiver:
    """What came, and what is answered next."""

    url: str = ""
    messages: list[Message] = field(default_factory=list)
    #: answers to the next requests; after them 204
    answers: list[int] = field(default_factory=list)
    #: while it is not set, whoever asks under /hang waits for an answer
    free: threading.Event = field(default_factory=threading.Event)

    def types(self, secret: str) -> list[str]:
        return [message.document(secret)["type"] for message in self.messages]


@contextmanager
def receiver() -> Iterator[Receiver]:
    """Lend a receiver that listens on this machine."""
    state = Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            state.messages.append(Message(self.path, dict(self.headers.items()), body))
            if self.path == "/hang":
                state.free.wait(30)
            self.send_response(state.answers.pop(0) if state.answers else 204)
            self.send_header("location", f"{state.url}/elsewhere")
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its signature
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """Say nothing: a sender may hang up."""

    with Server(("127.0.0.1", 0), Handler) as server:
        state.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield state
        finally:
            state.free.set()
            server.shutdown()
            thread.join()
