"""Plans of the workflows that runs were begun with, as they lie in the ledger."""

import pytest

from orchestrator import Workflow
from orchestrator.errors import DAGValidationError
from orchestrator.ledger import Ledger
from orchestrator.ledger.definitions import Plans, keep
from orchestrator.plan import compile
from tests.integration.book import step


def test_a_plan_is_read_as_it_was_compiled(ledger: Ledger) -> None:
    workflow = Workflow.model_validate(
        {"name": "w", "steps": [step("a"), step("b", "a"), step("c", "a", "b")]}
    )
    with ledger.write() as connection:
        keep(connection, [workflow])

    plans = Plans(ledger)

    assert plans(workflow.version) == compile(workflow)
    assert plans.workflow(workflow.version) == workflow


def test_a_run_goes_on_though_a_later_release_refuses_its_workflow(ledger: Ledger) -> None:
    workflow = Workflow.model_validate({"name": "w", "steps": [step("input"), step("b", "input")]})
    with ledger.write() as connection:
        keep(connection, [workflow])

    with pytest.raises(DAGValidationError):
        compile(workflow)
    assert Plans(ledger)(workflow.version)["b"].header == ("input",)


def test_what_is_remembered_need_not_be_in_the_ledger(ledger: Ledger) -> None:
    workflow = Workflow.model_validate({"name": "w", "steps": [step("a")]})
    plan = compile(workflow)
    plans = Plans(ledger)

    plans.remember(workflow, plan)

    assert plans(workflow.version) is plan
    assert plans.workflow(workflow.version) is workflow


def test_no_more_plans_are_remembered_than_are_kept(ledger: Ledger) -> None:
    workflows = [Workflow.model_validate({"name": f"w{n}", "steps": [step("a")]}) for n in range(3)]
    with ledger.write() as connection:
        keep(connection, workflows)
    plans = Plans(ledger, keep=2)
    compiled = [compile(workflow) for workflow in workflows]

    for workflow, plan in zip(workflows, compiled, strict=True):
        plans.remember(workflow, plan)

    assert plans(compiled[2].version) is compiled[2]
    first = plans(compiled[0].version)
    assert first is not compiled[0]
    assert first == compiled[0]
