"""The heartbeat of a worker node: the parent process beats for its children.

A step may hold the interpreter for minutes, so no thread of a child could be trusted
to say that it lives. The parent asks the pool which processes there are and extends
their leases; a child that dies at work is struck off before its message goes back.

A connection that is open while the parent forks is shared with the child, and breaks
both (SQLite: "disk image is malformed"); a lock that the beat holds just then is held in
the child for ever. So each beat opens a connection, asks all it has to ask, closes it and
logs what it has to say, all under a lock that forking takes too.
"""

import logging
import os
import secrets
import signal
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from functools import cache, partial
from pathlib import Path

from orchestrator.errors import Unavailable
from orchestrator.failpoints import reach
from orchestrator.ledger import Ledger, workers
from orchestrator.ledger.upkeep import known_tasks
from orchestrator.ledger.upkeep.known_tasks import Knowledge
from orchestrator.ledger.verbs import dooming
from orchestrator.permits import sessions
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
        self._ledger = Ledger(settings.ledger_url)
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
        with _forking:
            try:
                with self._asking() as ledger:
                    ended = workers.end(ledger, self.node, pid)
                    sessions.end(ledger, self._settings.broker_url, ended)
            except Unavailable as error:
                log.warning("process %s is not struck off, its lease will end: %s", pid, error)

    def _run(self) -> None:
        try:
            self._beat_until_stopped()
        except BaseException:
            # A node that beats no more would be taken for dead and work on.
            os.kill(os.getpid(), signal.SIGTERM)
            raise

    def _beat_until_stopped(self) -> None:
        doomed = 0
        while not self._stopped.wait(_TIDY_SECONDS if doomed else self._settings.beat_seconds):
            with _forking:
                try:
                    # Who is doomed was asked to end first, so that it could tidy up.
                    doomed = self._kill() if doomed else self._beat()
                except Exception:  # a beat that ends would take every step from the node
                    log.exception("a beat was missed")
                    doomed = 0

    def _beat(self) -> int:
        """Extend the leases, hear what others know, and ask doomed processes to end.

        Returns:
            How many those are.
        """
        reach("beat.beating")
        with self._asking() as ledger:
            lease_seconds = self._settings.lease_seconds
            alive = workers.beat(ledger, self.node, self._pids(), lease_seconds=lease_seconds)
            sessions.beat(ledger, self._settings.broker_url, alive, lease_seconds=lease_seconds)
            self.knowledge = known_tasks.known(ledger)
            doomed = self._strike(ledger, signal.SIGTERM)
        touch(self._settings.beat_file)
        return doomed

    def _kill(self) -> int:
        """End the processes that are doomed; return 0."""
        with self._asking() as ledger:
            self._strike(ledger, signal.SIGKILL)
        return 0

    def _strike(self, ledger: Ledger, number: signal.Signals) -> int:
        """End the processes whose step was stopped; return how many there were."""
        return dooming.strike(ledger, self.node, self._pids(), partial(_send, number=number))

    @contextmanager
    def _asking(self) -> Iterator[Ledger]:
        try:
            yield self._ledger
        finally:
            self._ledger.close()


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
