"""Airflow with its Celery executor: a scheduler sends steps to a pool, and looks for their ends.

    with_airflow.py DATABASE_URL BROKER_URL

Two worker processes, which fork for every step, read its dag's file anew, and tell its states to
a server by HTTP. A fan-out is a task mapped over what the first step returns: with a task for
each part it was no faster, as every part would then read all of them. Dags are read once, before
the work begins, so there is no dag processor; and none of ours needs a triggerer.

What else is set: no limit holds steps or runs back, the scheduler takes as many as there are in
one turn, and it rests a tenth of a second when a turn has found nothing, where the default is
one. A worker process often misses the end of what it forked, and finds it at its next heartbeat:
this is due at once, where the default is after five seconds: two to four times as fast. Nothing
takes a driver that stood still for dead, and a slow machine is waited for.
"""

import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from answering import answer, check, start, wait_for

#: Of each a dag is made, as a dag's steps are known before it runs.
LENGTHS = (1, 3, 10, 20)
DAGS = f"""
from airflow.sdk import DAG, chain, get_parsing_context, task

@task
def do_nothing(number=0):
    pass

@task
def numbers(*, dag_run):
    return list(range(dag_run.conf["width"]))

asked = get_parsing_context().dag_id  # a worker needs one of them

if asked in (None, "fan"):
    with DAG("fan"):
        do_nothing.override(task_id="part").expand(number=numbers()) >> do_nothing()

for length in {LENGTHS}:
    if asked in (None, f"chain-{{length}}"):
        with DAG(f"chain-{{length}}"):
            chain(*(do_nothing() for _ in range(length)))
"""

MANY = "10000"
DAY = str(24 * 60 * 60)
SETTINGS = {
    "core__executor": "CeleryExecutor",
    "core__load_examples": "False",
    "core__dags_are_paused_at_creation": "False",
    "core__parallelism": MANY,
    "core__max_active_tasks_per_dag": MANY,
    "core__max_active_runs_per_dag": MANY,
    "core__max_map_length": MANY,
    "core__default_pool_task_slot_count": MANY,
    "celery__worker_concurrency": "2",
    "celery__operation_timeout": "60",
    "celery_broker_transport_options__visibility_timeout": DAY,
    "dag_processor__stale_bundle_cleanup_interval": "0",  # else a process that outlives the pool
    "logging__logging_level": "WARNING",
    "scheduler__scheduler_idle_sleep_time": "0.1",
    "scheduler__max_tis_per_query": "0",  # as many as may run
    "scheduler__max_dagruns_to_create_per_loop": "100",
    "scheduler__max_dagruns_per_loop_to_schedule": "100",
    "scheduler__orphaned_tasks_check_interval": DAY,
    "scheduler__scheduler_health_check_threshold": DAY,
    "scheduler__task_instance_heartbeat_timeout": DAY,
    "scheduler__task_queued_timeout": DAY,
    "workers__execution_api_timeout": "60",
    "workers__min_heartbeat_interval": "0",  # see above
}
START_SECONDS = 300
POLLING_SECONDS = 0.1


def main() -> None:
    """Make the tables and the dags, start what runs them, and answer."""
    database, broker = sys.argv[1:]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        (Path(home) / "dags").mkdir()
        (Path(home) / "dags" / "bench.py").write_text(DAGS)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = str(probe.getsockname()[1])
        settings = SETTINGS | {
            "core__execution_api_server_url": f"http://127.0.0.1:{port}/execution/",
            "database__sql_alchemy_conn": database,
            "celery__broker_url": broker,
            "celery__result_backend": f"db+{database}",
            "api_auth__jwt_secret": secrets.token_hex(32),
        }
        os.environ |= {f"AIRFLOW__{name.upper()}": value for name, value in settings.items()}
        os.environ["AIRFLOW_HOME"] = home
        airflow = Path(sys.executable).parent / "airflow"
        for command in (["db", "migrate"], ["dags", "reserialize"]):
            subprocess.run([airflow, *command], check=True, stdout=sys.stderr)
        lean = ["--skip-serve-logs", "--without-gossip", "--without-mingle"]
        parts = [
            start([airflow, *command], is_killed=True)
            for command in (
                ["api-server", "--apps", "execution", "--host", "127.0.0.1", "--port", port],
                ["scheduler", "--skip-serve-logs"],
                ["celery", "worker", *lean],
            )
        ]
        try:
            health = f"http://127.0.0.1:{port}/execution/health"
            wait_for(health, parts, within=START_SECONDS)
            _serve(parts)
        finally:
            for part in parts:
                part.terminate()
            for part in parts:
                part.wait()


def _serve(parts: Sequence[subprocess.Popen[bytes]]) -> None:
    # Reads its settings from the environment when it is imported.
    from airflow.api.common.trigger_dag import trigger_dag  # noqa: PLC0415 (see above)
    from airflow.models.dagrun import DagRun  # noqa: PLC0415 (likewise)
    from airflow.utils.session import create_session  # noqa: PLC0415 (likewise)
    from airflow.utils.state import DagRunState  # noqa: PLC0415 (likewise)
    from airflow.utils.types import DagRunTriggeredByType  # noqa: PLC0415 (likewise)
    from sqlalchemy import select  # noqa: PLC0415 (likewise)

    ended = {DagRunState.SUCCESS, DagRunState.FAILED}

    def run(dag: str, times: int = 1, **conf: int) -> None:
        ids = [secrets.token_hex(8) for _ in range(times)]
        for run_id in ids:
            trigger_dag(dag, triggered_by=DagRunTriggeredByType.CLI, run_id=run_id, conf=conf)
        states: set[str] = set()
        while not states or states - ended:
            time.sleep(POLLING_SECONDS)
            check(parts)
            with create_session() as session:
                found = select(DagRun.state).where(DagRun.run_id.in_(ids))
                states = set(session.scalars(found))
        assert states == {DagRunState.SUCCESS}

    run("chain-1")  # the pool has started
    answer(
        {
            "fan": lambda width: run("fan", width=width),
            "chain": lambda length: run(f"chain-{length}"),
            "runs": lambda count: run("chain-10", count),
        }
    )


if __name__ == "__main__":
    main()
