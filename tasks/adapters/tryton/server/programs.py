"""Tryton's programs at work on a place: the one that sets databases up, and the server."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from orchestrator.errors import Unavailable
from orchestrator.local.process import spawn, stop, tail
from tasks.adapters.tryton.server.installation import Installation, modules
from tasks.adapters.tryton.server.places import Place

LOOPBACK = "127.0.0.1"
#: the user that a new database has
ADMIN, ADMIN_EMAIL = "admin", "admin@pohjantukku.example"
START_SECONDS = 150
#: a session of the sample company's server may rest for so long
_SESSION_SECONDS = 86_400


@dataclass(frozen=True)
class Programs:
    """Tryton's programs, on one place.

    Attributes:
        installation: whose programs.
        place: where the databases are.
        folder: for their settings and logs.
    """

    installation: Installation
    place: Place
    folder: Path

    def set_up(self, database: str, password: str) -> None:
        """Activate all modules in an empty database; takes minutes.

        Args:
            database: its name.
            password: of its first user, `ADMIN`.

        Raises:
            Unavailable: it failed; the message has the end of its log.
        """
        log, secret = self.folder / "set-up.log", self.folder / "password"
        keep_secret(secret, password)
        command: list[str | Path] = [
            *(self.installation.program("trytond-admin"), "-c", self._settings(0)),
            *("-d", database, "--email", ADMIN_EMAIL),
            *("--activate-dependencies", "-u", *modules()),
        ]
        try:
            with log.open("wb") as output:
                ended = subprocess.run(  # noqa: S603 (our own command)
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    env={**self._environment(), "TRYTONPASSFILE": str(secret)},
                    check=False,
                )
        finally:
            secret.unlink()
        if ended.returncode:
            raise Unavailable(f"Tryton's database could not be set up:\n{tail(log)}")

    @contextmanager
    def serving(self, port: int, databases: Sequence[str] = ()) -> Iterator["Server"]:
        """Run the server until the block ends.

        Args:
            port: of loopback, that nobody listens on.
            databases: loaded at once; any other is loaded by its first call.

        Raises:
            Unavailable: it does not start; the message has the end of its log.
        """
        log = self.folder / "trytond.log"
        named = [part for name in databases for part in ("-d", name)]
        command: list[str | Path] = [self.installation.program("trytond")]
        command += ["-c", self._settings(port), *named]
        process = spawn(command, log=log, env=self._environment())
        server = Server(f"http://{LOOPBACK}:{port}", process, log)
        try:
            server.wait()
            yield server
        finally:
            stop(process, within=5)

    def _settings(self, port: int) -> Path:
        lines = ["[web]", f"listen = {LOOPBACK}:{port}", "[session]"]
        lines += [f"timeout = {_SESSION_SECONDS}", "[database]", "list = False"]
        lines += [f"{name} = {value}" for name, value in self.place.settings.items()]
        file = self.folder / f"trytond-{port}.conf"
        file.write_text("\n".join(lines))
        return file

    def _environment(self) -> dict[str, str]:
        ours = {name: value for name, value in os.environ.items() if name != "TRYTOND_CONFIG"}
        return {**ours, **self.place.environment}


@dataclass(frozen=True)
class Server:
    """A Tryton that runs.

    Attributes:
        url: without a database.
        process: of the server.
        log: what it says.
    """

    url: str
    process: subprocess.Popen[bytes]
    log: Path

    def wait(self, within: float = START_SECONDS) -> None:
        """Wait until it answers.

        Raises:
            Unavailable: it ended, or it is late.
        """
        deadline = time.monotonic() + within
        while not self._answers():
            self.check()
            if time.monotonic() > deadline:
                raise Unavailable(f"Tryton does not answer in time:\n{tail(self.log)}")
            time.sleep(0.05)

    def check(self) -> None:
        """Make sure that it still runs.

        Raises:
            Unavailable: it ended.
        """
        if self.process.poll() is not None:
            raise Unavailable(f"Tryton ended:\n{tail(self.log)}")

    def _answers(self) -> bool:
        question = {"id": 0, "method": "common.server.version", "params": []}
        try:
            return httpx.post(f"{self.url}/rpc/", json=question, timeout=5).is_success
        except httpx.TransportError:
            return False


def keep_secret(file: Path, secret: str) -> None:
    """Write a secret to a new file that only we can read."""
    file.touch(0o600, exist_ok=False)
    file.write_text(secret)


def free_port() -> int:
    """Return a port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])
