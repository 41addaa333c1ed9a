"""A worker that holds a message while the broker restarts goes on working.

The task runs with `acks_late` and one slot is free, so the worker holds an
unacknowledged message and waits for another: the case in which kombu's own
transport ends the worker.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from celery import Celery
from kombu import Connection

from orchestrator.broker import transport
from orchestrator.local.broker import EmbeddedBroker
from orchestrator.local.process import spawn, stop
from tests.waiting import eventually

REPOSITORY = Path(__file__).parents[2]
#: What the worker logs when it looks for the broker again.
LOST = "Connection to broker lost"


@dataclass(frozen=True)
class Worker:
    """A worker process, what it logged, and where its tasks leave files."""

    process: subprocess.Popen[bytes]
    log: Path
    folder: Path
    broker: EmbeddedBroker

    def logged(self, text: str) -> bool:
        return text in self.log.read_text()

    def send(self, task: str, file: str) -> Path:
        with Celery("sender", broker=self.broker.url) as sender:
            sender.send_task(
                f"tests.integration.restarting_worker.{task}", [str(self.folder / file)]
            )
        return self.folder / file


@contextmanager
def worker(folder: Path, pool: str, *, mended: bool) -> Iterator[Worker]:
    log = folder / "worker.log"
    with EmbeddedBroker(folder / "home") as broker:
        environment = {**os.environ, "BROKER_URL": broker.url, "MENDED": "1" if mended else ""}
        command = [sys.executable, "-m", "celery", "-A", "tests.integration.restarting_worker"]
        command += ["worker", "--pool", pool, "--concurrency", "2", "--loglevel", "INFO"]
        process = spawn(command, log=log, env={**environment, "PYTHONPATH": str(REPOSITORY)})
        try:
            started = Worker(process, log, folder, broker)
            eventually(lambda: started.logged("ready."), within=30)
            yield started
        finally:
            stop(process, within=5)


def lose_the_broker_during_a_task(started: Worker) -> None:
    """Start a task, kill the broker, end the task while there is none, start it again."""
    until = started.send("hold", "until")
    eventually(Path(f"{until}.started").exists)
    port = started.broker.port
    started.broker.process.kill()
    started.broker.stop()
    eventually(lambda: started.logged(LOST) or started.process.poll() is not None)
    until.touch()
    started.broker.start(port=port)


@pytest.mark.parametrize("pool", ["prefork", "threads"])
def test_a_worker_that_holds_a_message_survives_a_restart_of_the_broker(
    tmp_path: Path, pool: str
) -> None:
    with worker(tmp_path, pool, mended=True) as started:
        lose_the_broker_during_a_task(started)

        after = started.send("touch", "after")

        eventually(after.exists, within=30)
        assert started.process.poll() is None


def test_with_the_transport_of_kombu_the_same_worker_ends(tmp_path: Path) -> None:
    """When this fails kombu was mended, and `orchestrator.broker.transport` may go."""
    with worker(tmp_path, "prefork", mended=False) as started:
        lose_the_broker_during_a_task(started)

        assert eventually(started.process.poll, within=30) == 1
        assert started.logged("Unrecoverable error: AttributeError")


@pytest.mark.parametrize("scheme", ["redis", "rediss"])
def test_after_install_both_schemes_are_mended(scheme: str) -> None:
    transport.install()

    with Connection(f"{scheme}://127.0.0.1:1") as connection:
        assert connection.get_transport_cls() is transport.Transport
