"""`orchestrator maintenance`: timers and repairs."""

import logging
import signal
import threading

from orchestrator.cli import opening


def maintenance() -> None:
    """Wake timers and mend what was lost until SIGTERM or Ctrl-C; several do no harm."""
    from orchestrator.maintenance import Maintenance

    logging.basicConfig(level=logging.INFO, format="[%(asctime)s: %(levelname)s] %(message)s")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    Maintenance(opening.settings()).run(stop)
