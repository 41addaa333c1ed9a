"""A Celery application for test_broker_restart: one slow task, one quick one.

The transport is mended when MENDED is set, so that the test can show both.
"""

import os
import time
from pathlib import Path

from celery import Celery

from orchestrator.broker import transport

if os.environ.get("MENDED"):
    transport.install()

app = Celery("restarting", broker=os.environ["BROKER_URL"])
app.conf.update(
    task_acks_late=True,
    task_ignore_result=True,
    worker_prefetch_multiplier=1,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    worker_cancel_long_running_tasks_on_connection_loss=False,
)


@app.task
def hold(until: str) -> None:
    """Run until the file `until` appears."""
    Path(f"{until}.started").touch()
    while not Path(until).exists():
        time.sleep(0.05)


@app.task
def touch(file: str) -> None:
    """Leave a file behind."""
    Path(file).touch()
