"""What a caller gets wrong is told in a sentence of ours, before anything is written."""

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from orchestrator import Coordinator, Priority, Settings, Workflow
from orchestrator.errors import InvalidInput, RunNotFound
from orchestrator.ledger.log import deliveries, webhooks
from orchestrator.verbs.telling import SOMEBODY

ONE = Workflow.model_validate({"name": "one", "steps": [{"name": "a", "task": "toy.note"}]})


@pytest.fixture
def coordinator(ledger_url: str) -> Iterator[Coordinator]:
    """One whose broker refuses."""
    made = Coordinator(
        Settings(ledger_url=ledger_url, broker_url="redis://127.0.0.1:1/0", packages=("tests.toy",))
    )
    yield made
    made.ledger.close()


def taking(parameter: str) -> list[Callable[..., Any]]:
    """Return every verb with a parameter of this name."""
    named = inspect.getmembers(Coordinator, inspect.isfunction)
    verbs = [verb for name, verb in named if not name.startswith("_")]
    verbs += [webhooks.add, webhooks.remove, webhooks.disable, webhooks.enable, deliveries.resend]
    return [verb for verb in verbs if parameter in inspect.signature(verb).parameters]


@pytest.mark.parametrize("verb", taking("by"), ids=lambda verb: verb.__name__)
def test_nobody_does_anything(verb: Callable[..., Any]) -> None:
    for by in ("", " ", "x" * 201, "two\nlines", "a\0b", "\ud800", None, 7):
        with pytest.raises(InvalidInput, match="is nobody: say who it is in one line") as caught:
            verb(by=by)
        assert len(str(caught.value)) < 200


@pytest.mark.parametrize("verb", taking("reason"), ids=lambda verb: verb.__name__)
def test_nothing_is_done_for_what_is_no_reason(verb: Callable[..., Any]) -> None:
    for reason in ("x" * 2001, "a\0b", "\ud800", None):
        with pytest.raises(InvalidInput, match="is no reason: say why in a text") as caught:
            verb(reason=reason)
        assert len(str(caught.value)) < 200


def test_a_reason_that_is_demanded_says_something(coordinator: Coordinator) -> None:
    with pytest.raises(InvalidInput, match="an empty reason says nothing"):
        coordinator.skip("a-run", "a", reason=" ")


def test_whoever_does_not_say_who_it_is_is_somebody(coordinator: Coordinator) -> None:
    defaults = {
        verb.__name__: inspect.signature(verb).parameters["by"].default
        for verb in taking("by")
        if verb.__module__.startswith("orchestrator.verbs")
    }

    assert len(defaults) > 20
    assert set(defaults.values()) == {SOMEBODY}


@pytest.mark.parametrize("level", [Priority.LOW, "low", "LOW", 3], ids=repr)
def test_a_priority_has_a_name_and_a_number(coordinator: Coordinator, level: Any) -> None:
    run = coordinator.submit(ONE)
    asked = coordinator.submit(ONE, priority=level)

    assert coordinator.reprioritize(run.id, level)
    assert [coordinator.run(each.id).priority for each in (run, asked)] == [Priority.LOW] * 2


@pytest.mark.parametrize("level", ["urgent", 9, -1, True, 2.5])
def test_another_priority_is_refused_with_those_there_are(
    coordinator: Coordinator, level: Any
) -> None:
    run = coordinator.submit(ONE)

    for refused in (
        lambda: coordinator.reprioritize(run.id, level),
        lambda: coordinator.submit(ONE, priority=level),
        lambda: coordinator.submit_task("toy.note", priority=level),
        lambda: coordinator.rerun(run.id, priority=level),
        lambda: coordinator.create_schedule("s", "w", every=60, priority=level),
    ):
        with pytest.raises(
            InvalidInput, match=r"is no priority: it is one of critical \(0\), high"
        ):
            refused()


@pytest.mark.parametrize("limit", [0, -1, 10**21, "5"])
def test_a_list_has_an_end(coordinator: Coordinator, limit: Any) -> None:
    for listed in (
        lambda: coordinator.runs(limit=limit),
        lambda: coordinator.sessions(limit=limit),
        lambda: coordinator.waits(limit=limit),
    ):
        with pytest.raises(InvalidInput, match="a list cannot have at most"):
            listed()


def test_what_is_no_text_begins_no_id(coordinator: Coordinator) -> None:
    with pytest.raises(RunNotFound, match="no run has an id that begins with None"):
        coordinator.find(None)  # type: ignore[arg-type]  # as an untyped caller may


def test_what_is_no_json_is_no_input(coordinator: Coordinator) -> None:
    workflow = Workflow.model_validate(
        {"name": "w", "steps": [{"name": "a", "task": "toy.add", "inputs": {"a": "$input.v"}}]}
    )
    for value in (object(), float("nan"), "\udcff"):
        with pytest.raises(InvalidInput, match="'v"):
            coordinator.submit(workflow, {"v": value})

    assert coordinator.runs() == []
