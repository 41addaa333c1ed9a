"""The embedded stack: broker, ledger and services, started in order, ended in order.

    settings = Settings()
    with Stack(settings, services(settings, ["billing"])) as stack:
        stack.wait_until_ready()
        Coordinator(stack.settings).submit(…)

Other processes find it by `stack.json` in its home, for as long as it runs.
"""

import json
import os
import shutil
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import NoReturn, Self

from orchestrator.errors import Unavailable
from orchestrator.ledger import migrate
from orchestrator.local.broker import EmbeddedBroker
from orchestrator.local.child import Child
from orchestrator.local.process import stop
from orchestrator.local.services import Service, beat_files
from orchestrator.local.signals import ending_in_order, undisturbed
from orchestrator.settings import LEDGER_FILE, STACK_FILE, Settings

READY_SECONDS = 60.0
STOP_SECONDS = 5.0
WATCH_SECONDS = 0.2


class Stack:
    """Broker, ledger and services in one home folder, as one group of processes.

    Entering starts everything and does not wait: what is submitted before a pool is
    ready lies in its queue. Leaving stops everything, by whatever exception.

    Attributes:
        settings: those given, with the addresses of this stack.
    """

    def __init__(self, settings: Settings, services: Iterable[Service]) -> None:
        home = settings.home.resolve()
        self.settings = settings.model_copy(
            update={"home": home, "broker_url": "", "ledger_url": f"sqlite:///{home / LEDGER_FILE}"}
        )
        self.broker = EmbeddedBroker(home)
        self._services = tuple(services)
        self._children: list[Child] = []
        self._until_the_end = ExitStack()

    def __enter__(self) -> Self:
        """Start everything.

        Raises:
            ConfigurationError: another stack has this home, or there is no broker to start.
            Unavailable: the broker or Flower did not start.
        """
        self._until_the_end.enter_context(ending_in_order())
        try:
            self._start()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop everything."""
        self._stop()

    def wait_until_ready(self, within: float = READY_SECONDS) -> None:
        """Wait until every service does its work.

        Raises:
            Unavailable: one ended or is late; the message has the end of its log.
        """
        deadline = time.monotonic() + within
        for child in self._children:
            child.wait_until_ready(deadline)

    def check(self) -> None:
        """Make sure that all of it still runs.

        Raises:
            Unavailable: a service ended; the message has the end of its log.
        """
        for child in self._children:
            if child.process.poll() is not None:
                raise Unavailable(child.obituary())

    def watch(self, report: Callable[[str], None]) -> NoReturn:
        """Start again what ends, until a signal or Ctrl-C ends us.

        Args:
            report: told in words what ended.
        """
        while True:
            self._tend_broker(report)
            for child in self._children:
                if ended := child.tend():
                    report(ended)
            time.sleep(WATCH_SECONDS)

    def _start(self) -> None:
        self.broker.start()
        self.settings = self.settings.model_copy(update={"broker_url": self.broker.url})
        beats = beat_files(self.settings)
        shutil.rmtree(beats, ignore_errors=True)  # of a stack that was killed
        beats.mkdir()
        self._start_services(first=True)
        migrate(self.settings.ledger_url)
        self.wait_until_ready()
        self._start_services(first=False)
        self._announce()

    def _start_services(self, *, first: bool) -> None:
        environment = {**self.settings.environment(), "PYTHONUNBUFFERED": "1"}
        logs = self.settings.home / "logs"
        for service in self._services:
            if service.is_first is first:
                self._children.append(Child(service, environment, logs))

    def _announce(self) -> None:
        addresses = {"broker_url": self.broker.url, "ledger_url": self.settings.ledger_url}
        new = self._file.with_suffix(".new")
        new.write_text(json.dumps({"pid": os.getpid(), "settings": addresses}))
        new.replace(self._file)

    @property
    def _file(self) -> Path:
        return self.settings.home / STACK_FILE

    def _tend_broker(self, report: Callable[[str], None]) -> None:
        if self.broker.process.poll() is None:
            return
        report(f"the broker ended with code {self.broker.process.returncode}; starting it again")
        self.broker.stop()
        self.broker.start(port=self.broker.port)  # everybody knows it by this port

    def _stop(self) -> None:
        with undisturbed():
            if self.broker.is_started:  # else the file is another stack's
                self._file.unlink(missing_ok=True)
            # The broker last: a pool gives back what it holds.
            stop(*(child.process for child in self._children), within=STOP_SECONDS)
            self._children.clear()
            self.broker.stop()
        self._until_the_end.close()
