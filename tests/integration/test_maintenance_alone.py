"""What one repair meets does not keep maintenance from the others."""

import datetime as dt

import sqlalchemy as sa

from orchestrator import StepState, Workflow, compile
from orchestrator.broker.queues import Queues
from orchestrator.clock import now
from orchestrator.ledger import moved_clock, submission, workers
from orchestrator.ledger.flow import claims, outcomes
from orchestrator.ledger.flow.claim import Claim, Message
from orchestrator.ledger.flow.outcome import Failure, Outcome
from orchestrator.ledger.submission import Submission
from orchestrator.ledger.tables import definitions, steps
from orchestrator.maintenance import Maintenance
from orchestrator.states import Priority
from tests.integration.desk import HOUR, Desk, note, waits


def test_a_definition_that_nobody_can_read_holds_up_its_own_run_alone(desk: Desk) -> None:
    odd, sound = (_forgotten(desk, name) for name in ("odd", "sound"))
    body = _rewrite(desk, "odd", "of another release")

    desk.maintenance.sweep()

    assert _sent(desk) == [f"{sound}:a:1"]
    assert desk.states(sound)["a"] is StepState.QUEUED
    _rewrite(desk, "odd", body)
    assert desk.states(odd)["a"] is StepState.READY


def test_thousands_of_its_steps_hold_up_nobody_either(desk: Desk) -> None:
    _forgotten(desk, "odd", count=1_200, minutes=2)
    sound = _forgotten(desk, "sound")
    body = _rewrite(desk, "odd", "of another release")

    desk.maintenance.sweep()

    assert _sent(desk) == [f"{sound}:a:1"]
    _rewrite(desk, "odd", body)


def test_a_broker_that_is_away_does_not_keep_a_timer_from_ending(desk: Desk) -> None:
    run_id = desk.begin(waits("wait", timer="1 h"), note("again"))
    _let_fail(desk, run_id, "again")
    moved_clock.move(desk.ledger, HOUR)
    away = {"broker_url": "redis://127.0.0.1:1/0"}
    maintenance = Maintenance(desk.made.settings.model_copy(update=away))

    maintenance.tick()

    maintenance.close()
    assert desk.states(run_id)["wait"] is StepState.SUCCEEDED


def _forgotten(desk: Desk, name: str, *, count: int = 1, minutes: int = 1) -> str:
    """Write a run of so many steps, so many minutes ago, and send nothing."""
    names = ("a", *(f"a{number}" for number in range(1, count)))
    workflow = Workflow.model_validate({"name": name, "steps": [note(each) for each in names]})
    asked = Submission(workflow, compile(workflow), {}, Priority.NORMAL, None)
    with desk.ledger.write() as connection:
        run_id, _ = submission.insert(connection, asked)
        then = now() - dt.timedelta(minutes=minutes)
        of_run = sa.update(steps).where(steps.c.run_id == run_id)
        connection.execute(of_run.values(queued_at=then))
    return run_id


def _let_fail(desk: Desk, run_id: str, step: str) -> None:
    """Let an attempt of a step fail; the next one is due at once."""
    workers.register(desk.ledger, "w1", pool="toy", node="w1", lease_seconds=60)
    plans = desk.coordinator._plans
    claimed = claims.claim(desk.ledger, Message(run_id, step, 1), "w1", plans, max_losses=3)
    assert isinstance(claimed, Claim)
    again = Outcome(StepState.WAITING, failure=Failure("NotYet", "no"), due_in=0)
    outcomes.record(desk.ledger, claimed, again, plans)


def _rewrite(desk: Desk, name: str, body: str) -> str:
    """Change the body of a definition; return what it was."""
    of_name = definitions.c.name == name
    with desk.ledger.write() as connection:
        before = connection.execute(sa.select(definitions.c.body).where(of_name)).scalar_one()
        connection.execute(sa.update(definitions).where(of_name).values(body=body))
    return str(before)


def _sent(desk: Desk) -> list[str]:
    queues = Queues(desk.made.settings.broker_url)
    parts = queues.oldest_first("toy", Priority.NORMAL.broker_level)
    return [message for part in parts for message in part]
