"""Processes whose step was stopped are ended, and no others."""

import os

import pytest

from orchestrator.errors import LostRace
from orchestrator.ledger import workers
from orchestrator.ledger.flow.claim import Claim
from orchestrator.ledger.flow.refusals import Refusal
from orchestrator.ledger.verbs import dooming
from tests.integration.book import step
from tests.integration.verbs import Operate, Operated


def strike(book: Operated, *, node: str = "w1", pids: tuple[int, ...] = ()) -> list[int]:
    """Strike the doomed of a node and return whom the blow met."""
    struck: list[int] = []
    dooming.strike(book.ledger, node, pids or (os.getpid(),), struck.append)
    return struck


def stopped(operate: Operate) -> Operated:
    book = operate([step("a"), step("b")])
    book.take("a")
    book.stop_all()
    return book


def test_the_process_of_a_stopped_step_is_struck(operate: Operate) -> None:
    assert strike(stopped(operate)) == [os.getpid()]


def test_nobody_else_is(operate: Operate) -> None:
    book = stopped(operate)

    assert strike(book, node="w2") == []
    assert strike(book, pids=(1,)) == []
    assert strike(operate([step("a")])) == []


def test_a_doomed_process_takes_nothing_until_it_enters_again(operate: Operate) -> None:
    book = stopped(operate)
    book.run_id = book.submit()
    assert book.claim("a") is Refusal.STRANGER

    workers.register(book.ledger, "w9", pool="toy", node="w1", lease_seconds=60)

    assert isinstance(book.claim("a", worker="w9"), Claim)
    assert strike(book) == []


def test_what_a_stopped_step_reports_comes_too_late(operate: Operate) -> None:
    book = operate([step("a"), step("b", "a")])
    held = book.take("a")
    book.stop_all()

    with pytest.raises(LostRace, match="came too late"):
        book.record(held)
    assert book.states() == {"a": "cancelled", "b": "cancelled"}
    assert book.said("step.cancelled")["by"] == "a test"


def test_a_run_that_was_cancelled_can_still_be_stopped(operate: Operate) -> None:
    book = operate([step("a")])
    book.take("a")
    book.cancel()
    assert book.state() == "running"

    assert book.stop_all()

    assert book.state() == "cancelled"
    assert book.stop_all() == ()
