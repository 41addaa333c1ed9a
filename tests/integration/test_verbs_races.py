"""A verb and a worker that meet on one step."""

from concurrent.futures import ThreadPoolExecutor

import sqlalchemy as sa

from orchestrator.ledger.flow import outcomes
from orchestrator.ledger.flow.claim import Claim
from orchestrator.ledger.flow.refusals import Refusal
from orchestrator.ledger.locked import lock
from orchestrator.ledger.tables import runs
from orchestrator.ledger.verbs import again
from orchestrator.states import RunState
from tests.integration.book import DONE, step
from tests.integration.verbs import TOLERATED, Operate, Operated
from tests.waiting import eventually


def waits_for_a_lock(book: Operated) -> bool:
    """Say whether somebody waits for a row; on SQLite whoever writes waits at once."""
    if book.ledger.is_sqlite:
        return True
    with book.ledger.read() as connection:
        return bool(
            connection.execute(sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")).scalar()
        )


def test_a_claim_that_looked_before_a_retry_takes_nothing(operate: Operate) -> None:
    book = operate([step("a") | {"critical": False}, step("z"), step("j", "a", "z")])
    book.failed("a", TOLERATED)
    book.done("z")
    assert book.states()["j"] == "queued"

    with ThreadPoolExecutor(1) as worker:
        with book.ledger.write() as connection:
            run = lock(connection, book.run_id, exclusive=True)
            past = again.look(connection, book.run_id)
            again.do_again(connection, run, book.plan, past, {"a"})
            claiming = worker.submit(book.claim, "j")
            eventually(lambda: waits_for_a_lock(book))
        claimed = claiming.result(timeout=20)

    assert isinstance(claimed, Refusal)
    assert book.states() == {"a": "ready", "j": "pending", "z": "succeeded"}
    book.done("a")
    assert isinstance(book.claim("j"), Claim)


def test_a_retry_that_comes_after_a_claim_is_refused(operate: Operate) -> None:
    book = operate([step("a") | {"critical": False}, step("j", "a")])
    book.failed("a", TOLERATED)

    with ThreadPoolExecutor(2) as both:
        claiming = both.submit(book.claim, "j")
        retrying = both.submit(book.retry, "a")
        taken = isinstance(claiming.result(timeout=20), Claim)
        refused = retrying.exception(timeout=20) is not None

    assert taken == refused  # one of them was first, and the other knows


def test_an_end_that_waited_for_a_verb_sees_what_that_made_of_the_run(operate: Operate) -> None:
    book = operate([step("a"), step("b", "a")])
    claimed = book.take("a")

    with ThreadPoolExecutor(1) as worker:
        with book.ledger.write() as connection:
            lock(connection, book.run_id, exclusive=True)
            connection.execute(sa.update(runs).values(state=RunState.PAUSED, paused_for="run"))
            ending = worker.submit(book.record, claimed)
            eventually(lambda: waits_for_a_lock(book))
        assert ending.result(timeout=20).hops == ()

    assert book.states() == {"a": "succeeded", "b": "ready"}


def test_a_verb_waits_for_an_end_that_was_before_it(operate: Operate) -> None:
    book = operate([step("a"), step("b", "a")])
    claimed = book.take("a")

    with ThreadPoolExecutor(1) as operator:
        with book.ledger.write() as connection:
            told = outcomes.record_in(connection, claimed, DONE, book.plan_of)
            pausing = operator.submit(book.pause)
            eventually(lambda: waits_for_a_lock(book))
            assert not pausing.done()
        assert pausing.result(timeout=20)

    assert [hop.step for hop in told.hops] == ["b"]
    assert book.told() is None
