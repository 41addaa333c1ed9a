"""What goes wrong while a step is opened, and is not the step's fault."""

from collections.abc import Callable

import pytest

from orchestrator import Application, Coordinator, StepState, Workflow
from orchestrator.errors import ConfigurationError, Unavailable
from orchestrator.ledger import Ledger
from orchestrator.ledger.definitions import Plans
from orchestrator.opening import Opener
from tests.integration.desk import Desk, note, waits
from tests.integration.installation import Factory
from tests.waiting import eventually


def _away() -> Application:
    raise ConfigurationError("this process knows no packages")


class _Reading(Plans):
    """A ledger that goes away when definitions are asked for."""

    def workflow(self, version: str) -> Workflow:
        raise Unavailable(f"the ledger does not answer: version {version} was not read")


def _knowing(ledger: Ledger) -> Opener:
    return Opener(ledger, Plans(ledger), _away)


def _cut_off(ledger: Ledger) -> Opener:
    return Opener(ledger, _Reading(ledger), lambda: Application({}, {}, {}))


@pytest.mark.parametrize(
    ("opener", "error"), [(_knowing, ConfigurationError), (_cut_off, Unavailable)]
)
def test_a_step_that_this_process_cannot_open_stays_ready_for_another(
    desk: Desk, opener: Callable[[Ledger], Opener], error: type[Exception]
) -> None:
    first = waits("first", person="ann", answer={"ok": "boolean"})
    second = waits("second", person="bob", when="first.ok", after=["first"])
    run_id = desk.begin(first, second)
    desk.forgetful.answer(run_id, "first", {"ok": True}, by="ann")
    assert desk.states(run_id)["second"] is StepState.READY

    with pytest.raises(error):
        opener(desk.ledger).open(run_id, "second")

    assert desk.states(run_id)["second"] is StepState.READY
    desk.maintenance.sweep()


def test_an_answer_is_taken_though_what_follows_it_cannot_be_opened_here(desk: Desk) -> None:
    first = waits("first", person="ann", answer={"ok": "boolean"})
    second = waits("second", person="bob", when="first.ok", after=["first"])
    run_id = desk.begin(first, second)
    elsewhere = Coordinator(desk.made.settings.model_copy(update={"packages": ("tests.absent",)}))

    elsewhere.answer(run_id, "first", {"ok": True}, by="ann")

    elsewhere.ledger.close()
    states = {"first": StepState.SUCCEEDED, "second": StepState.READY}
    assert desk.states(run_id) == states


def test_what_cannot_be_opened_keeps_no_other_step_from_its_worker(install: Factory) -> None:
    made = install()
    made.start_pool(ORCHESTRATOR_FAILPOINTS="progression.moving=raise")
    fork = [note("a"), note("b", "a"), waits("ask", person="ann", after=["a"])]

    run = made.submit(fork)

    eventually(lambda: made.steps(run)["b"].state is StepState.SUCCEEDED)
    assert made.steps(run)["ask"].state is StepState.READY
