"""A commit whose answer is lost: PostgreSQL went away, and nobody knows what it wrote."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import sqlalchemy as sa

from orchestrator import Application, Settings
from orchestrator.broker.celery_app import producer_app
from orchestrator.errors import InDoubt
from orchestrator.executor import Executor
from orchestrator.ledger import Ledger
from orchestrator.ledger import workers as pool_processes
from orchestrator.ledger.flow import rescue
from orchestrator.ledger.flow.claim import Message
from orchestrator.ledger.tables import workers
from orchestrator.permits.gate import Gate
from tests.integration.book import Book, step


class Line:
    """A line to a PostgreSQL server, cut when it answers the commit of a certain statement."""

    def __init__(self, port: int) -> None:
        self.cut_commit_of: bytes | None = None
        self._server = ("127.0.0.1", port)
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._door.getsockname()[1])
        threading.Thread(target=self._answer, daemon=True).start()

    def close(self) -> None:
        # Not only closed: that would leave the thread in `accept`.
        with suppress(OSError):
            self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()

    def _answer(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._door.accept()
                server = socket.create_connection(self._server)
                said: list[bytes] = []
                for ends in ((client, server, said, True), (server, client, said, False)):
                    threading.Thread(target=self._carry, args=ends, daemon=True).start()

    def _carry(self, source, target, said: list[bytes], asks: bool) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if asks:
                    said.append(data)
                elif self._is_to_be_cut(said):
                    break
                target.sendall(data)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _is_to_be_cut(self, said: list[bytes]) -> bool:
        statement = self.cut_commit_of
        return statement is not None and b"COMMIT" in said[-1] and statement in b"".join(said)


@contextmanager
def line_to(url: str) -> Iterator[tuple[Line, str]]:
    """Lend a line to a database, and the URL that goes by it."""
    direct = sa.make_url(url)
    line = Line(direct.port or 5432)
    try:
        yield line, direct.set(port=line.port).render_as_string(hide_password=False)
    finally:
        line.close()


def test_a_commit_whose_answer_is_lost_is_in_doubt(postgres_ledger_url: str) -> None:
    with line_to(postgres_ledger_url) as (line, url):
        ledger = Ledger(url)
        line.cut_commit_of = b"INSERT INTO orchestrator_workers"

        with pytest.raises(InDoubt, match="went away while it committed"):
            pool_processes.register(ledger, "w1", pool="toy", node="n", lease_seconds=60)

        line.cut_commit_of = None
        assert pool_processes.alive(ledger) == {"toy": 1}
        ledger.close()


def test_a_process_that_may_have_taken_a_step_ends(postgres_ledger_url: str, home: Path) -> None:
    book = Book(postgres_ledger_url, [step("a")])
    with line_to(postgres_ledger_url) as (line, url):
        settings = Settings(home=home, ledger_url=url, packages=("tests.toy",))
        ledger = Ledger(url)
        application = Application.load(settings)
        gate = Gate(ledger, producer_app(settings), application, settings)
        executor = Executor(ledger, application, settings, lambda: book.register("w1"), gate)
        line.cut_commit_of = b"UPDATE orchestrator_steps"

        with pytest.raises(SystemExit, match="step 'a' may have been taken"):
            executor.execute(Message(book.run_id, "a", 1))

        assert book.column("state") == {"a": "running"}
        ledger.close()
    book.change(workers, lease_until=sa.func.now())  # as when the process has ended
    (lost,) = rescue.silent(book.ledger, grace=0)
    assert rescue.give_back(book.ledger, lost)
    assert book.column("state") == {"a": "ready"}
    book.ledger.close()


def test_a_process_that_enters_again_is_no_more_what_it_was(ledger_url: str) -> None:
    book = Book(ledger_url, [step("a")])
    pool_processes.register(book.ledger, "w1", pool="toy", node="n", lease_seconds=60)
    book.take("a", worker="w1")

    pool_processes.register(book.ledger, "w2", pool="toy", node="n", lease_seconds=60)

    assert pool_processes.alive(book.ledger) == {"toy": 1}
    assert [lost.held.step for lost in rescue.silent(book.ledger, grace=0)] == ["a"]
    book.ledger.close()
