"""celery-director: workflows of a YAML file, lists of tasks and of groups of one level.

    with_director.py DATABASE_URL BROKER_URL

Two worker processes. A task of its own at the end of each workflow sleeps half a second and
then marks the workflow as done; it is part of what is measured, as it is of every workflow.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from answering import answer, start

TASKS = """
from director import task

@task(name="DO_NOTHING")
def do_nothing(*args, **kwargs):
    pass
"""

RUNNING = ("pending", "progress")


def main() -> None:
    """Make a project with every shape that may be asked for, start its pool, and answer."""
    database, broker = sys.argv[1:]
    with tempfile.TemporaryDirectory() as made:
        home = Path(made)
        (home / "tasks").mkdir()
        (home / "tasks" / "bench.py").write_text(TASKS)
        (home / "workflows.yml").write_text("{}")
        director = Path(sys.executable).parent / "director"
        os.environ |= {
            "PATH": f"{director.parent}:{os.environ['PATH']}",  # it looks for `flask` and `celery`
            "DIRECTOR_HOME": made,
            "DIRECTOR_DATABASE_URI": database,
            "DIRECTOR_BROKER_URI": broker,
            "DIRECTOR_RESULT_BACKEND_URI": broker,
        }
        subprocess.run([director, "db", "upgrade"], check=True, stdout=sys.stderr)
        options = ["--concurrency", "2", "--without-gossip", "--without-mingle"]
        pool = start([director, "celery", "worker", *options], is_killed=True)
        try:
            _serve()
        finally:
            pool.terminate()
            pool.wait()


def _serve() -> None:
    # Reads its home from the environment when it is imported.
    from director import create_app  # noqa: PLC0415 (see above)
    from director.builder import WorkflowBuilder  # noqa: PLC0415 (likewise)
    from director.extensions import cel_workflows, db  # noqa: PLC0415 (likewise)
    from director.models.workflows import Workflow  # noqa: PLC0415 (likewise)

    def run(tasks: list[object], times: int = 1) -> None:
        cel_workflows.workflows["bench.work"] = {"tasks": tasks}
        ids = []
        for _ in range(times):
            workflow = Workflow(project="bench", name="work", payload={})
            workflow.save()
            ids.append(workflow.id)
            WorkflowBuilder(workflow.id).run()
        states = db.session.query(Workflow.status).filter(Workflow.id.in_(ids))
        while any(status.name in RUNNING for (status,) in states.all()):
            db.session.rollback()
            time.sleep(0.02)
        assert all(status.name == "success" for (status,) in states.all())

    one = "DO_NOTHING"
    with create_app().app_context():
        run([one])  # the pool has started
        answer(
            {
                "fan": lambda width: run(
                    [one, {"PARTS": {"type": "group", "tasks": [one] * width}}, one]
                ),
                "chain": lambda length: run([one] * length),
                "runs": lambda count: run([one] * 10, count),
            }
        )


if __name__ == "__main__":
    main()
