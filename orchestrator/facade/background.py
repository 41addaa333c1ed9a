"""Maintenance in a thread of a process that does something else besides."""

import threading
from typing import Self

from orchestrator.application import Application
from orchestrator.maintenance import Maintenance
from orchestrator.settings import Settings


class Background:
    """Looks after runs from `start` until it is closed; others may do so at the same time."""

    def __init__(self, settings: Settings, application: Application) -> None:
        self._maintenance = Maintenance(settings, application)
        self._stop = threading.Event()
        self._thread = threading.Thread(
            target=self._maintenance.run, args=(self._stop,), name="maintenance", daemon=True
        )

    def start(self) -> None:
        """Begin; asked for again, nothing more happens."""
        if self._thread.ident is None:
            self._thread.start()

    def close(self) -> None:
        """Finish what is being done, and stop."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join()
        self._maintenance.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
