"""DBOS: steps are recorded function calls; what runs side by side are workflows of a queue.

    with_dbos.py DATABASE_URL [--inside]

Two processes serve the queue and this one asks as a client. A chain is one workflow of many
steps, in one process. A fan-out is one workflow that puts a workflow for each part into the
queue, the only way in which DBOS gives work to other processes, and waits for all of them;
or, with --inside, one that awaits all its steps in the process that it runs in.
"""

import asyncio
import sys
import threading
from pathlib import Path

from answering import answer, start
from dbos import DBOS, DBOSClient, DBOSConfig

QUEUE = "work"
#: From 0.01 to 0.2 the rates are alike; the default is 1 s.
POLLING_SECONDS = 0.1
VERSION = "bench"


@DBOS.step()
def do_nothing() -> None:
    """Do nothing."""


@DBOS.step()
async def do_nothing_here() -> None:
    """Do nothing, beside other steps of the same process."""


@DBOS.workflow()
def part() -> None:
    """One part of a fan-out."""
    do_nothing()


@DBOS.workflow()
def chain(length: int) -> None:
    """Steps one after another."""
    for _ in range(length):
        do_nothing()


@DBOS.workflow()
def fan(width: int) -> None:
    """A first step, many parts, and a last step."""
    do_nothing()
    parts = [DBOS.enqueue_workflow(QUEUE, part) for _ in range(width)]
    for handle in parts:
        handle.get_result(polling_interval_sec=POLLING_SECONDS)
    do_nothing()


@DBOS.workflow()
async def fan_inside(width: int) -> None:
    """The same in one process."""
    await do_nothing_here()
    await asyncio.gather(*(do_nothing_here() for _ in range(width)))
    await do_nothing_here()


def work(database: str) -> None:
    """Serve the queue until the other end goes away."""
    config: DBOSConfig = {
        "name": "bench",
        "system_database_url": database,
        "application_version": VERSION,
        "executor_id": sys.argv[3],
        "log_level": "WARNING",
        "notification_listener_polling_interval_sec": POLLING_SECONDS,
    }
    DBOS(config=config)
    DBOS.launch()
    DBOS.register_queue(QUEUE, polling_interval_sec=POLLING_SECONDS)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    threading.Event().wait()


def main() -> None:
    """Start the workers and answer."""
    database = sys.argv[1]
    fan_out = "fan_inside" if "--inside" in sys.argv else "fan"
    workers = []
    for name in ("one", "two"):  # in turn: the first makes the tables
        command = [sys.executable, Path(__file__), database, "--work", name]
        worker = start(command, is_heard=True)
        workers.append(worker)
        assert worker.stdout
        assert worker.stdout.readline() == b"ready\n"
    client = DBOSClient(system_database_url=database)

    def run(name: str, *arguments: int, times: int = 1) -> None:
        options = {"workflow_name": name, "queue_name": QUEUE, "app_version": VERSION}
        for handle in [client.enqueue(options, *arguments) for _ in range(times)]:
            handle.get_result(polling_interval_sec=POLLING_SECONDS)

    try:
        answer(
            {
                "fan": lambda width: run(fan_out, width),
                "chain": lambda length: run("chain", length),
                "runs": lambda count: run("chain", 10, times=count),
            }
        )
    finally:
        for worker in workers:
            worker.kill()


if __name__ == "__main__":
    if sys.argv[2:3] == ["--work"]:
        work(sys.argv[1])
    else:
        main()
