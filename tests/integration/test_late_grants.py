"""A grant whose message comes too late is not lost: whichever copy comes first starts it."""

from dataclasses import replace
from typing import Any

from orchestrator import Workflow
from orchestrator.capacity.replies import Request
from orchestrator.ledger.flow.claim import Wanting
from orchestrator.permits.gate import Gate, Permit
from tests.integration.installation import Factory, Installation
from tests.waiting import eventually

GATEWAY = {"name": "gateway", "type": "network", "capacity": 1}
STEP: dict[str, Any] = {"name": "a", "task": "toy.note", "permits": {"gateway": 1}}


def gate_of(made: Installation) -> Gate:
    own = made.coordinator
    return Gate(made.ledger, own._app, own.application, made.settings)


def wanting(made: Installation) -> Wanting:
    run = made.coordinator.submit(Workflow.model_validate({"name": "toy", "steps": [STEP]}))
    step = made.steps(run)["a"]
    assert step.queued_at
    version = made.coordinator.run(run.id).version
    return Wanting(run.id, "a", 1, version, step.priority, 0, step.queued_at, "")


def test_a_copy_starts_what_was_granted_to_the_step_meanwhile(install: Factory) -> None:
    made = install(resources=[GATEWAY])
    made.start_maintenance()
    eventually(lambda: made.coordinator.resources()[0].usage)
    gate, asked = gate_of(made), wanting(made)
    with made.coordinator._door.asking() as permits:
        permits.beat(["other"], ttl=60)
        permits.acquire(Request("other:a:1", {"gateway": 1}, "other"), park=False)
    assert gate.enter(asked, "worker") is None
    with made.coordinator._door.asking() as permits:
        (grant,) = permits.release("other:a:1").grants  # and its message is lost

    permit = gate.enter(asked, "worker")

    assert permit == Permit(f"{asked.run_id}:a:1", grant.token)
    assert gate.enter(asked, "worker") == permit
    assert gate.enter(replace(asked), "another worker") is None
