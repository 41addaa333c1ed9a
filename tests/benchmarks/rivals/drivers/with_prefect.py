"""Prefect: flows of tasks, run here by threads, each change of state told to a server.

    with_prefect.py DATABASE_URL

A server of its own; a fan-out is a task mapped over many inputs; runs side by side are flows
in two threads.
"""

import os
import socket
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from answering import answer, start, wait_for


def main() -> None:
    """Start the server and answer."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        os.environ |= {
            "PREFECT_HOME": home,
            "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
            "PREFECT_API_DATABASE_CONNECTION_URL": sys.argv[1],
            "PREFECT_LOGGING_LEVEL": "ERROR",
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "PREFECT_SERVER_API_HOST": "127.0.0.1",
        }
        command = [Path(sys.executable).parent / "prefect", "server", "start", "--port", str(port)]
        server = start([*command, "--no-ui"])
        try:
            wait_for(f"http://127.0.0.1:{port}/api/health", [server], within=90)
            _serve()
        finally:
            server.terminate()
            server.wait()


def _serve() -> None:
    # Reads its settings from the environment when it is imported.
    from prefect import flow, task  # noqa: PLC0415 (see above)
    from prefect.task_runners import ThreadPoolTaskRunner  # noqa: PLC0415 (likewise)

    @task
    def do_nothing(number: int = 0) -> None:
        """Do nothing."""

    @flow(task_runner=ThreadPoolTaskRunner(max_workers=THREADS))
    def fan(width: int) -> None:
        first = do_nothing.submit()
        parts = do_nothing.map(range(width), wait_for=[first])
        do_nothing.submit(wait_for=parts).wait()

    @flow
    def chain(length: int) -> None:
        for _ in range(length):
            do_nothing()

    def runs(count: int) -> None:
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(chain, [10] * count))

    answer({"fan": fan, "chain": chain, "runs": runs})


#: As many as Prefect makes use of; with two it is slower.
THREADS = 10


if __name__ == "__main__":
    main()
