"""Lines to a PostgreSQL server that are cut at a certain moment."""

import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

import sqlalchemy as sa

#: Says by what a client has said so far whether its line is to be cut.
Cut = Callable[[Sequence[bytes]], bool]


def never(_said: Sequence[bytes]) -> bool:
    """Leave the line as it is."""
    return False


class Line:
    """A line to a server, with as many connections as clients make.

    Attributes:
        cuts_request: asked before what a client says is handed on.
        cuts_answer: asked before an answer is handed back.
    """

    def __init__(self, port: int) -> None:
        self.cuts_request: Cut = never
        self.cuts_answer: Cut = never
        self._server = ("127.0.0.1", port)
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._door.getsockname()[1])
        threading.Thread(target=self._answer, daemon=True).start()

    def close(self) -> None:
        # Not only closed: that would leave the thread in `accept`.
        with suppress(OSError):
            self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()

    def _answer(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._door.accept()
                server = socket.create_connection(self._server)
                said: list[bytes] = []
                for ends in ((client, server, said, True), (server, client, said, False)):
                    threading.Thread(target=self._carry, args=ends, daemon=True).start()

    def _carry(
        self, source: socket.socket, target: socket.socket, said: list[bytes], asks: bool
    ) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if asks:
                    said.append(data)
                if (self.cuts_request if asks else self.cuts_answer)(said):
                    break
                target.sendall(data)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


@contextmanager
def line_to(url: str) -> Iterator[tuple[Line, str]]:
    """Lend a line to a database, and the URL that goes by it."""
    direct = sa.make_url(url)
    line = Line(direct.port or 5432)
    try:
        yield line, direct.set(port=line.port).render_as_string(hide_password=False)
    finally:
        line.close()
