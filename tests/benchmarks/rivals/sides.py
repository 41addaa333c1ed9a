"""The rivals as sides of a race: each a driver in its own process and environment."""

import json
import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from orchestrator.local.process import die_with_parent, stop, tail
from tests.benchmarks.environments import python_of
from tests.postgres import PostgresServer

DRIVERS = Path(__file__).parent / "drivers"


@dataclass(frozen=True)
class Addresses:
    """Where a driver may keep what it has to keep.

    Attributes:
        broker: a Redis URL whose database is its own.
    """

    folder: Path
    server: PostgresServer
    broker: str


@dataclass(frozen=True)
class Rival:
    """What takes part.

    Attributes:
        name: of its driver and of its requirements.
        ledger: where it keeps its runs: `SQLite`, `PostgreSQL`, or nothing.
        sizes: of the shapes that it is too slow for at their full size; rates are compared.
        driver: the scheme that it calls PostgreSQL or SQLite by.
        inside: its fan-out stays in one process, and is no work for two.
    """

    name: str
    ledger: str
    driver: str = ""
    needs_broker: bool = False
    inside: bool = False
    sizes: Mapping[str, int] = field(default_factory=dict)

    @property
    def title(self) -> str:
        return ", ".join(part for part in (self.name, self.ledger, self.inside * "inside") if part)

    def arguments(self, addresses: Addresses) -> list[str]:
        """Return what its driver is told."""
        found = []
        if self.ledger == "SQLite":
            found.append(f"{self.driver}:///{addresses.folder / 'rival.db'}")
        if self.ledger == "PostgreSQL":
            name = addresses.server.create()
            found.append(f"{self.driver}://postgres@127.0.0.1:{addresses.server.port}/{name}")
        found += [addresses.broker] * self.needs_broker
        return found + ["--inside"] * self.inside


#: Prefect, dyrygent and Airflow take seconds for a chain of ten.
RIVALS = (
    Rival("dbos", "SQLite", "sqlite", sizes={"fan": 300, "runs": 50}),
    Rival("dbos", "PostgreSQL", "postgresql", sizes={"fan": 300, "runs": 50}),
    Rival("dbos", "PostgreSQL", "postgresql", inside=True, sizes={"fan": 300, "runs": 50}),
    Rival("director", "SQLite", "sqlite", needs_broker=True, sizes={"fan": 500, "runs": 20}),
    Rival(
        "director", "PostgreSQL", "postgresql", needs_broker=True, sizes={"fan": 500, "runs": 20}
    ),
    Rival("procrastinate", "PostgreSQL", "postgresql"),
    Rival("prefect", "SQLite", "sqlite+aiosqlite", sizes={"fan": 200, "chain": 20, "runs": 4}),
    Rival("dyrygent", "", needs_broker=True, sizes={"chain": 5, "runs": 20}),
    Rival(
        "airflow",
        "PostgreSQL",
        "postgresql+psycopg2",
        needs_broker=True,
        sizes={"fan": 100, "chain": 20, "runs": 4},
    ),
)


class Driven:
    """A rival whose driver is running, and stands still while it is not its turn.

    One that polls would otherwise slow the others down: DBOS takes a
    fourteenth of a processor for each idle process.
    """

    def __init__(self, rival: Rival, process: subprocess.Popen[str], log: Path) -> None:
        self.rival = rival
        self._process = process
        self._log = log

    def do(self, shape: str, size: int) -> float:
        """Do the work; return the seconds it took.

        Raises:
            RuntimeError: the driver has ended.
        """
        assert self._process.stdin
        self._process.stdin.write(json.dumps({"shape": shape, "size": size}) + "\n")
        self._process.stdin.flush()
        self._signal(signal.SIGCONT)
        seconds = float(self.heard()["seconds"])
        self._signal(signal.SIGSTOP)
        return seconds

    def heard(self) -> dict[str, float]:
        """Return the driver's next answer."""
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.rival.title} gave up:\n{tail(self._log, 30)}")
        answer: dict[str, float] = json.loads(line)
        return answer

    def close(self) -> None:
        """Let it end by itself: nobody asks any more."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        with suppress(ProcessLookupError):
            self._signal(signal.SIGCONT)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=20)
        stop(self._process, within=0)
        self._process.stdout.close()

    def _signal(self, number: signal.Signals) -> None:
        os.killpg(self._process.pid, number)


@contextmanager
def driven(rival: Rival, server: PostgresServer, broker: str) -> Iterator[Driven]:
    """Start a rival's driver and wait until it is ready; end it with the block.

    Raises:
        NotInstalled: it cannot be installed.
        RuntimeError: it does not start.
    """
    python = python_of(rival.name)
    with tempfile.TemporaryDirectory(prefix="rival-", ignore_cleanup_errors=True) as made:
        addresses = Addresses(Path(made), server, broker)
        command = [python, DRIVERS / f"with_{rival.name}.py", *rival.arguments(addresses)]
        log = addresses.folder / "driver.log"
        with log.open("ab") as said:
            process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=said,
                text=True,
                cwd=made,
                process_group=0,
                # Whatever ends us: a driver that stands still hears nothing else.
                preexec_fn=die_with_parent(signal.SIGKILL),  # noqa: PLW1509 (see there)
            )
        side = Driven(rival, process, log)
        try:
            side.heard()
            yield side
        finally:
            side.close()
