"""A service's process: started, seen to end, and started again a little later each time."""

import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from orchestrator.errors import Unavailable
from orchestrator.local.process import spawn, tail
from orchestrator.local.services import Service

#: a service that ends again and again is started after 1, 2, 4, … seconds, at most so many
LONGEST_PAUSE_SECONDS = 30.0
#: one that ran for so long had no trouble starting: the pauses begin anew
STEADY_SECONDS = 60.0


class Child:
    """A service that runs, or will again.

    Args:
        environment: of the stack; the service adds its own.
        logs: folder for its log.
    """

    def __init__(self, service: Service, environment: Mapping[str, str], logs: Path) -> None:
        self.service = service
        self.log = logs / f"{service.name}.log"
        self._environment = {**environment, **service.environment}
        self._pause = 0.5
        self._start_again_at: float | None = None
        self._started, self.process = self._start()

    def wait_until_ready(self, deadline: float) -> None:
        """Wait until the service does its work.

        Raises:
            Unavailable: it ended, or it is late; the message has the end of its log.
        """
        while not self.service.ready():
            if self.process.poll() is not None:
                raise Unavailable(self.obituary())
            if time.monotonic() > deadline:
                raise Unavailable(f"{self.service.name} is not ready in time; {self._last_words()}")
            time.sleep(0.02)

    def tend(self) -> str | None:
        """Start the service again when it has ended and its pause is over.

        Returns:
            How it ended, once for each end.
        """
        now = time.monotonic()
        if self.process.poll() is None:
            return None
        if self._start_again_at is None:
            short_lived = now - self._started < STEADY_SECONDS
            self._pause = min(self._pause * 2, LONGEST_PAUSE_SECONDS) if short_lived else 1.0
            self._start_again_at = now + self._pause
            return f"{self.obituary()}\nit is started again in {self._pause:.0f} s"
        if now >= self._start_again_at:
            self._start_again_at = None
            self._started, self.process = self._start()
        return None

    def obituary(self) -> str:
        """Return how the process ended, and what it said last."""
        return (
            f"{self.service.name} ended with code {self.process.returncode}; {self._last_words()}"
        )

    def _last_words(self) -> str:
        return f"the end of {str(self.log)!r}:\n{tail(self.log)}"

    def _start(self) -> tuple[float, subprocess.Popen[bytes]]:
        # Killed when we are killed: nobody is left to wait for an orderly end, and the
        # ledger's leases take care of what it held.
        child = spawn(
            self.service.argv,
            log=self.log,
            env=self._environment,
            death_signal=signal.SIGKILL,
        )
        return time.monotonic(), child
