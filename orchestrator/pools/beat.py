"""The heartbeat of a worker node: the parent process beats for its children.

A step may hold the interpreter for minutes, so no thread of a child could be trusted
to say that it lives. The parent asks the pool which processes there are and extends
their leases; a child that dies at work is struck off before its message goes back.

A connection that is open while the parent forks is shared with the child, and breaks
both (SQLite: "disk image is malformed"). So each beat opens, writes and closes under a
lock that forking takes too.
"""

import logging
import os
import secrets
import signal
import threading
from collections.abc import Callable, Collection
from contextlib import suppress
from functools import cache, partial
from pathlib import Path

from orchestrator.errors import Unavailable
from orchestrator.failpoints import reach
from orchestrator.ledger import Ledger, workers
from orchestrator.ledger.upkeep import known_tasks
from orchestrator.ledger.upkeep.known_tasks import Knowledge
from orchestrator.ledger.verbs import dooming
from orchestrator.settings import Settings

log = logging.getLogger(__name__)

#: A process whose step was stopped may tidy up for so long.
_TIDY_SECONDS = 0.5

_forking = threading.Lock()


class Beat:
    """Beats for the processes of one node.

    Args:
        pids: says which processes the node has at the moment.
    """

    def __init__(self, settings: Settings, pids: Callable[[], Collection[int]]) -> None:
        self.node = secrets.token_hex(16)
        #: what other workers know; before the first beat, anything
        self.knowledge = Knowledge({})
        self._settings = settings
        self._pids = pids
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="beat", daemon=True)

    def start(self) -> None:
        """Beat from now on."""
        _hold_beats_while_forking()
        self._thread.start()

    def stop(self) -> None:
        """Beat no more, and strike off what is left of the node."""
        self._stopped.set()
        if self._thread.is_alive():  # not where the node ended before its pool was forked
            self._thread.join(timeout=self._settings.beat_seconds)
        self.strike_off()

    def strike_off(self, pid: int | None = None) -> None:
        """Say that a process of the node, or all of it, is no more."""
        reach("beat.striking_off")
        try:
            with _forking:
                workers.end(self._ledger(), self.node, pid)
        except Unavailable as error:
            log.warning("process %s is not struck off, its lease will end: %s", pid, error)

    def _run(self) -> None:
        while not self._stopped.wait(self._settings.beat_seconds):
            try:
                reach("beat.beating")
                with _forking:
                    workers.beat(
                        self._ledger(),
                        self.node,
                        self._pids(),
                        lease_seconds=self._settings.lease_seconds,
                    )
                    self.knowledge = known_tasks.known(self._ledger())
                touch(self._settings.beat_file)
                self._end_doomed()
            except Exception:  # a beat that ends would take every step from the node
                log.exception("a beat was missed")

    def _end_doomed(self) -> None:
        """End the processes whose step was stopped: first so that they can tidy up."""
        if self._strike(signal.SIGTERM) and not self._stopped.wait(_TIDY_SECONDS):
            self._strike(signal.SIGKILL)

    def _strike(self, number: signal.Signals) -> int:
        with _forking:
            return dooming.strike(
                self._ledger(), self.node, self._pids(), partial(_send, number=number)
            )

    def _ledger(self) -> Ledger:
        return Ledger(self._settings.ledger_url, pooled=False)


def _send(pid: int, *, number: signal.Signals) -> None:
    log.warning("process %s is ended by %s: its step was stopped", pid, number.name)
    with suppress(ProcessLookupError):
        os.kill(pid, number)


@cache  # once: the second hook would wait for the lock that the first one took
def _hold_beats_while_forking() -> None:
    os.register_at_fork(
        before=_forking.acquire,
        after_in_parent=_forking.release,
        after_in_child=_forking.release,
    )


def touch(file: Path | None) -> None:
    """Show a health check that this process still goes round."""
    if file is not None:
        file.touch()
