"""The priority of a run in flight: what has not started, and which copy of a message counts."""

from orchestrator import Priority
from orchestrator.ledger.flow import claims
from orchestrator.ledger.flow.claim import Claim, Message
from orchestrator.ledger.flow.refusals import Refusal
from orchestrator.states import broker_level
from tests.integration.book import step
from tests.integration.verbs import Operate, Operated


def claim(book: Operated, name: str, priority: Priority) -> Claim | Refusal:
    message = Message(book.run_id, name, 1, broker_level(priority))
    return claims.claim(book.ledger, message, "w1", book.plan_of, max_losses=3)


def test_what_is_left_of_a_run_takes_its_new_priority(operate: Operate) -> None:
    book = operate([step("a"), step("b", "a"), step("c", "b")])
    book.done("a")

    told = book.reprioritize(Priority.HIGH)

    assert [(near.step, near.level) for near in told[0].hops] == [("b", 3)]
    assert book.column("priority") == {"a": 2, "b": 1, "c": 1}
    assert book.said("run.reprioritized")["from"] == "normal"
    assert book.said("run.reprioritized")["to"] == "high"


def test_a_new_priority_takes_effect_once(operate: Operate) -> None:
    book = operate([step("a")])
    assert book.reprioritize(Priority.LOW)

    assert book.reprioritize(Priority.LOW) == []


def test_of_a_raised_step_the_first_copy_is_followed(operate: Operate) -> None:
    book = operate([step("a"), step("b", "a")])
    book.done("a")
    book.reprioritize(Priority.CRITICAL)

    assert isinstance(claim(book, "b", Priority.CRITICAL), Claim)
    assert claim(book, "b", Priority.NORMAL) is Refusal.DUPLICATE


def test_of_a_lowered_step_the_old_copy_is_refused(operate: Operate) -> None:
    book = operate([step("a"), step("b", "a")])
    book.done("a")
    book.reprioritize(Priority.BACKGROUND)

    assert claim(book, "b", Priority.NORMAL) is Refusal.DUPLICATE
    assert isinstance(claim(book, "b", Priority.BACKGROUND), Claim)


def test_a_step_with_a_priority_of_its_own_keeps_it(operate: Operate) -> None:
    book = operate([step("a") | {"priority": "low"}, step("b")])

    book.reprioritize(Priority.CRITICAL)

    assert book.column("priority") == {"a": Priority.LOW, "b": Priority.CRITICAL}


def test_all_steps_are_changed_where_that_is_said(operate: Operate) -> None:
    book = operate([step("a") | {"priority": "low"}, step("b")])
    book.reprioritize(Priority.CRITICAL)

    assert book.reprioritize(Priority.CRITICAL, all_steps=True)

    assert set(book.column("priority").values()) == {Priority.CRITICAL}
    assert book.reprioritize(Priority.CRITICAL, all_steps=True) == []


def test_an_ended_run_has_nothing_to_change(operate: Operate) -> None:
    book = operate([step("a")])
    book.done("a")

    assert book.reprioritize(Priority.LOW) == []
