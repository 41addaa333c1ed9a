"""The process that the pools of the toy tasks are forked from: see `nursery`.

It reads questions from its standard input, a line of JSON each, until nobody can ask any more:
`{"start": …}` is answered by a process id, `{"ended": pid}` by an exit code, or null.
"""

import importlib
import json
import os
import signal
import sys

from orchestrator.local.process import die_with_parent
from orchestrator.pools import node
from tests.toy_pool import app

#: What a pool needs that is not imported with its application.
NEEDED = """
    celery.apps.worker celery.concurrency.prefork celery.worker.consumer orchestrator.chords
    orchestrator.pools.consumer psycopg sqlalchemy.dialects.postgresql.psycopg
    sqlalchemy.dialects.sqlite.pysqlite tests.toy.tasks
""".split()


def main() -> None:
    for name in NEEDED:
        importlib.import_module(name)
    for line in sys.stdin.buffer:
        question = json.loads(line)
        answer = fork(**question["start"]) if "start" in question else ended(question["ended"])
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def ended(pid: int) -> int | None:
    found, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if found else None


def fork(environment: dict[str, str], log: str, concurrency: int) -> int:
    die_with_us = die_with_parent(signal.SIGKILL)
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        os.setpgid(0, 0)
        if die_with_us is not None:
            die_with_us()
        redirect(log)
        os.environ.clear()
        os.environ.update(environment)
        code = node.serve(app, concurrency=concurrency)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def redirect(log: str) -> None:
    nothing = os.open(os.devnull, os.O_RDONLY)
    output = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    for new, old in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(new, old)


if __name__ == "__main__":
    main()
