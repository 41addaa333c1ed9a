"""Procrastinate: jobs in PostgreSQL; no workflows, so jobs that defer the next ones.

    with_procrastinate.py DATABASE_URL

Two worker processes. A fan-out is a job that defers all parts at once. There is no join: that
step is left out, and who waits counts what is left. A chain is a job that defers the next.
"""

import os
import sys
import time
from pathlib import Path

import psycopg
from answering import answer, start
from procrastinate import App, PsycopgConnector, SyncPsycopgConnector

#: Jobs that a worker has open at once; those of 1, 4 and 10 that are fastest.
CONCURRENCY = 4

IS_WORKER = sys.argv[1:2] == ["--work"]
app = App(
    connector=(PsycopgConnector if IS_WORKER else SyncPsycopgConnector)(conninfo=sys.argv[-1])
)


@app.task(name="part")
async def part() -> None:
    """Do nothing."""


@app.task(name="fan")
async def fan(width: int) -> None:
    """Defer the parts."""
    await part.batch_defer_async(*[{} for _ in range(width)])


@app.task(name="link")
async def link(left: int) -> None:
    """Defer the rest of the chain."""
    if left:
        await link.defer_async(left=left - 1)


def main() -> None:
    """Start the workers and answer."""
    database = sys.argv[1]
    app.open()
    app.schema_manager.apply_schema()
    command = [sys.executable, Path(__file__), "--work", database]
    workers = [start(command) for _ in range(2)]

    def run(task: str, times: int = 1, **arguments: int) -> None:
        app.configure_task(task).batch_defer(*[arguments] * times)
        while connection.execute(LEFT).fetchone():
            time.sleep(0.01)

    try:
        with psycopg.connect(database, autocommit=True) as connection:
            answer(
                {
                    "fan": lambda width: run("fan", width=width),
                    "chain": lambda length: run("link", left=length - 1),
                    "runs": lambda count: run("link", count, left=9),
                }
            )
    finally:
        for worker in workers:
            worker.terminate()
            worker.wait()


LEFT = "SELECT 1 FROM procrastinate_jobs WHERE status IN ('todo', 'doing') LIMIT 1"


def work() -> None:
    """Be a worker."""
    app.run_worker(concurrency=CONCURRENCY, name=str(os.getpid()))


if __name__ == "__main__":
    if IS_WORKER:
        work()
    else:
        main()
