"""Moving a run to another version: what agrees, what is rebuilt, and what is refused."""

from typing import Any

import pytest

from orchestrator import RunState, Workflow, compile
from orchestrator.errors import Refused
from orchestrator.ledger.flow import outcomes
from orchestrator.ledger.flow.progress import Progress
from orchestrator.ledger.submission import Submission
from orchestrator.ledger.verbs import moving
from orchestrator.states import Priority
from tests.integration.book import DONE, step
from tests.integration.verbs import WHO, Operate, Operated

CHAIN = [step("a"), step("b", "a"), step("c", "b")]


def move(book: Operated, definition: list[dict[str, Any]]) -> Progress | None:
    workflow = Workflow.model_validate({"name": "book", "steps": definition})
    asked = Submission(workflow, compile(workflow), {}, Priority.NORMAL, None)
    told = moving.move(book.ledger, book.run_id, book.plans, asked, **WHO)
    book.workflow, book.plan = workflow, asked.plan
    return told


def test_what_has_not_begun_follows_the_new_version(operate: Operate) -> None:
    book = operate(CHAIN)
    book.done("a")
    new = [step("a"), step("x", "a"), step("b", "a"), step("c", "b", "x")]

    assert move(book, new)

    assert book.states() == {"a": "succeeded", "b": "queued", "c": "pending", "x": "ready"}
    assert book.column("missing")["c"] == 2
    book.done("b", "x", "c")
    assert book.state() == RunState.SUCCEEDED


def test_a_step_that_vanishes_is_removed(operate: Operate) -> None:
    book = operate(CHAIN)
    book.done("a")

    move(book, [step("a"), step("c", "a")])

    assert book.states() == {"a": "succeeded", "c": "ready"}
    assert book.events("run.moved", "step.removed", "step.reset") == [
        ("run.moved", None),
        ("step.removed", "b"),
        ("step.reset", "c"),
    ]
    assert book.said("run.moved")["by"] == "a test"


def test_a_run_is_moved_once(operate: Operate) -> None:
    book = operate(CHAIN)
    move(book, CHAIN[:2])

    assert move(book, CHAIN[:2]) is None


def test_all_that_does_not_agree_is_said(operate: Operate) -> None:
    book = operate(CHAIN)
    book.done("a", "b")
    book.take("c")
    new = [step("a") | {"task": "toy.add"}, step("b") | {"inputs": {"seconds": 1}}]

    with pytest.raises(Refused) as refused:
        move(book, new)

    said = str(refused.value)
    assert "step 'a' has begun, and has another task in it" in said
    assert "step 'b' has begun, and has other inputs in it" in said
    assert "step 'b' has begun after a, and follows nothing in it" in said
    assert "step 'c' has begun, and is not in it" in said
    assert book.column("state")["c"] == "running"


def test_a_step_that_runs_meanwhile_goes_on_by_the_new_version(operate: Operate) -> None:
    book = operate(CHAIN)
    old = book.plan
    held = book.take("a")
    move(book, [step("a"), step("x", "a")])
    told = outcomes.record(book.ledger, held, DONE, book.plans)

    assert old.version != told.version
    assert [near.step for near in told.hops] == ["x"]


def test_a_run_that_failed_is_moved_and_then_retried(operate: Operate) -> None:
    book = operate(CHAIN)
    book.done("a")
    book.failed("b")

    move(book, [step("a"), step("b", "a") | {"task": "toy.add"}, step("x", "b")])

    assert book.state() == RunState.FAILED
    assert book.states() == {"a": "succeeded", "b": "failed", "x": "cancelled"}
    book.retry()
    assert book.column("task")["b"] == "toy.add"
    book.done("b", "x")
    assert book.state() == RunState.SUCCEEDED


def test_a_run_that_succeeded_is_not_moved(operate: Operate) -> None:
    book = operate(CHAIN[:1])
    book.done("a")

    with pytest.raises(Refused, match="has succeeded"):
        move(book, CHAIN)


def test_a_paused_run_is_moved_and_stays_paused(operate: Operate) -> None:
    book = operate(CHAIN)
    book.pause()

    move(book, CHAIN[:2])

    assert book.state() == RunState.PAUSED
