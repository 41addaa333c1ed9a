"""A stack of one stand-in service, in a process that tests may kill.

    python -m tests.integration.small_stack HOME

It prints a line of JSON when it is up, and then watches.
"""

import json
import signal
import sys
from pathlib import Path

from orchestrator.local.services import Service
from orchestrator.local.stack import Stack
from orchestrator.settings import Settings

#: What a pool does, as far as the stack can see: it shows that it lives, and has children.
SERVICE = """
import json, os, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
with open(sys.argv[1] + ".new", "w") as file:
    addresses = {k: v for k, v in os.environ.items() if k.startswith("ORCHESTRATOR_")}
    json.dump({"pids": [os.getpid(), child.pid], "environment": addresses}, file)
os.rename(sys.argv[1] + ".new", sys.argv[1])
time.sleep(600)
"""


def stand_in(file: Path, name: str = "billing", script: str = SERVICE) -> Service:
    return Service(name, (sys.executable, "-c", script, str(file)), file.exists)


def main(home: Path) -> None:
    # As from a terminal: whoever runs the tests under `nohup` has all their processes ignore it.
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    with Stack(Settings(home=home), [stand_in(home / "pool")]) as stack:
        stack.wait_until_ready()
        up = {"broker": stack.broker.process.pid, "port": stack.broker.port}
        say(json.dumps(up | json.loads((home / "pool").read_text())))
        stack.watch(say)


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
