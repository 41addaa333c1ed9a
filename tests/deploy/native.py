"""The services of docker-compose.yml as processes of this machine.

Command, environment, health check and grace are read from the file; what a container
engine would add (names of hosts, the image's own variables, a port on this machine)
is put in by hand.
"""

import os
import re
import signal
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from orchestrator.local.process import spawn, tail
from tests.deploy import compose
from tests.repository import ROOT, program

#: what the file calls the two servers
BROKER = "redis://valkey:6379/0"
LEDGER = "postgresql+psycopg://orchestrator@postgres:5432/orchestrator"
#: what a container engine grants where the file says nothing
DEFAULT_GRACE = "10s"


class NativeService:
    """One container of a service: started, asked how it is, stopped."""

    def __init__(self, name: str, folder: Path, translations: Mapping[str, str]) -> None:
        self.name = name
        self.log = folder / "service.log"
        self.beat = folder / "beat"
        self._folder = folder
        self._declared = compose.services()[name]
        self._translations = translations
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        """What the process sees: the image's variables, then the service's."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        image = {
            "ORCHESTRATOR_HOME": str(self._folder / "home"),
            "ORCHESTRATOR_BEAT_FILE": str(self.beat),
            "PYTHONPATH": str(ROOT),
        }
        declared = self._declared["environment"]
        return {**kept, **image, **{name: self._here(value) for name, value in declared.items()}}

    def start(self) -> None:
        """Start the command of the service; it dies with us."""
        name, *arguments = map(self._here, self._declared["command"])
        self._process = spawn([program(name), *arguments], log=self.log, env=self.environment)

    def run(self, *command: str) -> str:
        """Run a command to its good end, as `docker compose run` would; return what it prints."""
        name, *arguments = command or self._declared["command"]
        ended = subprocess.run(
            [program(name), *arguments],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert ended.returncode == 0, f"{name} {arguments}: {ended.stdout}{ended.stderr}"
        return ended.stdout

    def is_healthy(self) -> bool:
        """Run the health check of the service, as the engine would."""
        how, *check = map(self._here, self._declared["healthcheck"]["test"])
        argv = ["sh", "-c", *check] if how == "CMD-SHELL" else check
        return not subprocess.run(
            argv, env=self.environment, stdin=subprocess.DEVNULL, capture_output=True, check=False
        ).returncode

    def is_running(self) -> bool:
        """Whether it was started; fails with the end of its log when it went by itself."""
        if self._process is not None and self._process.poll() is not None:
            raise RuntimeError(f"{self.name} ended by itself:\n{tail(self.log)}")
        return self._process is not None

    def ask_to_stop(self) -> None:
        """Send what `docker stop` sends."""
        if self.is_running():
            os.kill(self._pid, signal.SIGTERM)

    def exit_code(self) -> int:
        """Wait for the end, for as long as the file grants."""
        assert self._process is not None, f"{self.name} was not started"
        grace = self._declared.get("stop_grace_period", DEFAULT_GRACE)
        return self._process.wait(timeout=int(grace[:-1]) * {"s": 1, "m": 60}[grace[-1]])

    def kill(self) -> None:
        """Leave nothing behind, whatever the test did."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._pid, signal.SIGKILL)
            self._process.wait()

    @property
    def _pid(self) -> int:
        assert self._process is not None, f"{self.name} was not started"
        return self._process.pid

    def _here(self, text: str) -> str:
        """Translate from the container to this machine."""
        for there, here in self._translations.items():
            text = re.sub(there, here, text)
        return text


@contextmanager
def native(folder: Path, *, broker: str, ledger: str) -> Iterator["Natives"]:
    """Give containers of our services, and end those that were started."""
    natives = Natives(folder, broker=broker, ledger=ledger)
    try:
        yield natives
    finally:
        for service in natives.made:
            service.kill()


class Natives:
    """What makes containers, all on the same broker, ledger and port for Flower."""

    def __init__(self, folder: Path, *, broker: str, ledger: str) -> None:
        self.made: list[NativeService] = []
        self.port = _free_port()
        self._folder = folder
        self._translations = {
            re.escape(BROKER): broker,
            re.escape(LEDGER): ledger,
            r"\$\{POSTGRES_PASSWORD:.*\}": "unused",  # the test's server trusts loopback
            r"0\.0\.0\.0": "127.0.0.1",  # a container is closed by its network, this one is not
            r"\b5555\b": str(self.port),
            r"\$\$": "$",
        }

    def make(self, name: str) -> NativeService:
        """Return a new container of a service, not started."""
        folder = self._folder / f"{name}-{len(self.made)}"
        folder.mkdir(parents=True)
        self.made.append(NativeService(name, folder, self._translations))
        return self.made[-1]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
