"""celery-dyrygent: a task that holds the whole DAG looks every second what it may start.

    with_dyrygent.py BROKER_URL

Two worker processes; the shortest wait between two looks that it takes. Its state is in the
message of that task, and nowhere else.
"""

import sys
import time
from pathlib import Path

from answering import answer, start
from celery import Celery, chain, group
from celery.canvas import Signature
from celery_dyrygent.tasks import register_workflow_processor
from celery_dyrygent.workflows import Workflow

app = Celery("bench")
app.conf.update(
    broker_url=sys.argv[-1],
    result_backend=sys.argv[-1],
    task_acks_late=True,
    worker_prefetch_multiplier=1,
)
register_workflow_processor(app)


@app.task
def do_nothing() -> None:
    """Do nothing."""


def run(canvas: Signature, times: int = 1) -> None:
    """Run it so often at once."""
    results = []
    for _ in range(times):
        workflow = Workflow()
        workflow.set_retry_policy("random", 1, 1)
        workflow.add_celery_canvas(canvas.clone())
        results.append(workflow.apply_async())
    while not all(result.ready() for result in results):
        time.sleep(0.02)
    assert all(result.successful() for result in results)


def fan(width: int) -> Signature:
    """A first step, many parts, and a last step."""
    parts = group(do_nothing.si() for _ in range(width))
    return chain(do_nothing.si(), parts, do_nothing.si())


def main() -> None:
    """Start the pool and answer."""
    command = [sys.executable, Path(__file__), "--work", sys.argv[1]]
    pool = start(command, is_killed=True)
    try:
        do_nothing.delay().get(timeout=60)
        answer(
            {
                "fan": lambda width: run(fan(width)),
                "chain": lambda length: run(chain(do_nothing.si() for _ in range(length))),
                "runs": lambda count: run(chain(do_nothing.si() for _ in range(10)), count),
            }
        )
    finally:
        pool.terminate()
        pool.wait()


def work() -> None:
    """Be the pool."""
    app.worker_main(["worker", "--concurrency", "2", "--without-gossip", "--without-mingle"])


if __name__ == "__main__":
    if sys.argv[1] == "--work":
        work()
    else:
        main()
