"""Handlers in the caller's process hear of what happens anywhere."""

import logging
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from orchestrator.errors import ConfigurationError
from orchestrator.ledger.log.feed import LoggedEvent
from orchestrator.listening.handlers import EventHandlers
from tests.integration.book import Book
from tests.waiting import eventually


@pytest.fixture
def handlers(book: Book) -> Iterator[EventHandlers]:
    with EventHandlers(book.ledger, poll_seconds=0.01) as made:
        yield made


def test_a_handler_hears_of_its_type_of_events(book: Book, handlers: EventHandlers) -> None:
    heard: list[LoggedEvent] = []
    handlers.register("step.started", heard.append)

    book.finish("a")
    handlers.close()

    (event,) = heard
    assert (event.name, event.run_id, event.step, event.attempt, event.worker, event.workflow) == (
        *("step.started", book.run_id, "a", 1, "w1"),
        "book",
    )


def test_a_pattern_stands_for_many_types(book: Book, handlers: EventHandlers) -> None:
    heard: list[str] = []
    handlers.register("run.*", lambda event: heard.append(event.name))

    for name in "abcd":
        book.finish(name)

    eventually(lambda: heard == ["run.started", "run.succeeded"])


def test_a_handler_hears_of_the_callers_next_act_and_of_none_before(
    book: Book, handlers: EventHandlers
) -> None:
    heard: list[str] = []
    book.finish("a")

    handlers.register("step.succeeded", lambda event: heard.append(str(event.step)))
    book.finish("b")
    handlers.close()

    assert heard == ["b"]


def test_a_handler_that_raises_is_logged_and_the_others_hear_on(
    book: Book, handlers: EventHandlers, caplog: pytest.LogCaptureFixture
) -> None:
    heard: list[str] = []

    def broken(event: LoggedEvent) -> None:
        raise RuntimeError(f"no thanks to {event.name}")

    handlers.register("*", broken)
    handlers.register("step.succeeded", lambda event: heard.append(str(event.step)))
    with caplog.at_level(logging.ERROR):
        book.finish("a")
        book.finish("b")
        handlers.close()

    assert heard == ["a", "b"]
    assert "a handler of '*' failed on" in caplog.text
    assert "no thanks to step.started" in caplog.text


def test_a_handler_hears_later_of_what_happened_while_the_ledger_was_away(
    book: Book, handlers: EventHandlers, caplog: pytest.LogCaptureFixture
) -> None:
    heard: list[str] = []
    handlers.register("step.succeeded", lambda event: heard.append(str(event.step)))
    book.finish("a")
    _rename(book, "orchestrator_events", "away")
    eventually(lambda: "events are told later" in caplog.text)

    _rename(book, "away", "orchestrator_events")
    book.finish("b")

    eventually(lambda: heard == ["a", "b"])


def test_a_handler_may_close_the_handlers(book: Book, handlers: EventHandlers) -> None:
    heard: list[str] = []

    def once(event: LoggedEvent) -> None:
        heard.append(event.name)
        handlers.close()

    handlers.register("run.started", once)
    book.finish("a")

    eventually(lambda: heard == ["run.started"])
    with pytest.raises(ConfigurationError, match="are closed"):
        handlers.register("*", once)


@pytest.mark.parametrize("nonsense", ["", "run", "step.", "step failed", "step/failed"])
def test_a_type_that_no_event_has_is_refused(handlers: EventHandlers, nonsense: str) -> None:
    with pytest.raises(ConfigurationError, match=f"'{nonsense}' fits no event"):
        handlers.register(nonsense, print)


def _rename(book: Book, table: str, to: str) -> None:
    with book.ledger.write() as connection:
        connection.execute(sa.text(f"ALTER TABLE {table} RENAME TO {to}"))
