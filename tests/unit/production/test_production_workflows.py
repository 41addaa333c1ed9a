"""The workflows of production hold together, and say where there is no way back."""

from decimal import Decimal

import pytest

from orchestrator import Application, Settings, compile
from orchestrator.validation import check, check_input
from tasks.inventory.gates import GateAction, GateDecision
from tasks.workflows.bom_reconciliation import BOM_STOCK_RECONCILIATION
from tasks.workflows.production_costing import PRODUCTION_COSTING
from tasks.workflows.production_release import (
    PRODUCTION_ORDER_RELEASE,
    PRODUCTION_PART_ORDER,
    PRODUCTION_PARTS_WAVE,
)
from tasks.workflows.production_results import ProductionWish, ReconciliationWish
from tasks.workflows.quality_gates import QUALITY_GATE, QUALITY_GATE_AGAIN, QUALITY_GATE_LAST
from tests.unit.production.recipes import named, quantity
from tests.unit.production.shop import DUE, TODAY

WORKFLOWS = (
    BOM_STOCK_RECONCILIATION,
    PRODUCTION_COSTING,
    PRODUCTION_ORDER_RELEASE,
    PRODUCTION_PART_ORDER,
    PRODUCTION_PARTS_WAVE,
    QUALITY_GATE,
    QUALITY_GATE_AGAIN,
    QUALITY_GATE_LAST,
)
ORDERS = (PRODUCTION_ORDER_RELEASE, PRODUCTION_PART_ORDER)


@pytest.fixture(scope="module")
def application(tmp_path_factory):
    return Application.load(Settings(workflows=tmp_path_factory.mktemp("none")))


def steps(workflow):
    return {step.name: step for step in workflow.steps}


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda workflow: workflow.name)
def test_every_step_calls_what_takes_its_inputs(workflow, application):
    assert application.workflows[workflow.name] == workflow
    problems = check(workflow, application.tasks, application.workflows, application.resources)
    assert problems == []


@pytest.mark.parametrize("workflow", ORDERS, ids=lambda workflow: workflow.name)
def test_until_the_work_is_reported_everything_is_undone_and_then_the_order_stands(workflow):
    found = steps(workflow)
    undone = {name: step.compensate.task for name, step in found.items() if step.compensate}

    assert undone == {
        "create_order": "inventory.cancel_production_order",
        "reserve": "inventory.unreserve_materials",
        "place_operations": "scheduling.unplace_operations",
        "open_checks": "inventory.withdraw_checks",
        "shortage": "inventory.cancel_purchases",
    }
    assert {name for name, step in found.items() if step.irrevocable} == {"work", "finish"}


def test_an_order_begins_when_its_materials_times_and_checks_are_there():
    plan = compile(PRODUCTION_ORDER_RELEASE).steps

    assert set(plan["start"].after) == {
        *("reserve", "reserve_rest", "place_operations", "open_checks")
    }
    assert plan["reserve"].after == plan["open_checks"].after == ("release_order",)
    assert plan["place_operations"].after == ("release_order",)


def test_parts_are_orders_that_make_no_parts_themselves():
    assert steps(PRODUCTION_ORDER_RELEASE)["parts"].workflow == PRODUCTION_PARTS_WAVE.name
    assert steps(PRODUCTION_PARTS_WAVE)["orders"].workflow == PRODUCTION_PART_ORDER.name
    of_parts = set(steps(PRODUCTION_PART_ORDER))
    assert set(steps(PRODUCTION_ORDER_RELEASE)) - of_parts == {"wanted", "parts"}
    assert steps(PRODUCTION_PART_ORDER)["shortage"].inputs["policy"] == "buy"


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda workflow: workflow.name)
def test_who_asks_the_erp_has_a_permit_and_who_places_has_the_plan_alone(workflow, application):
    for step in filter(lambda step: step.task, workflow.steps):
        asks = bool(application.tasks[step.task].provided)
        assert ("erp" in step.permits) == asks, step.name
        places = step.task == "scheduling.place_operations"
        assert (step.permits.get("shop-floor-plan") == "exclusive") == places, step.name


def test_only_the_last_round_of_a_gate_offers_no_further_one():
    choices = [
        steps(gate)["decision"].wait_for.answer["action"]
        for gate in (QUALITY_GATE, QUALITY_GATE_AGAIN, QUALITY_GATE_LAST)
    ]

    assert choices[0] == choices[1] == tuple(GateAction)
    assert choices[2] == (GateAction.ACCEPT, GateAction.REFUSE)
    assert "next_round" not in steps(QUALITY_GATE_LAST)


def test_an_answer_is_the_decision_that_the_steps_take():
    fields = steps(QUALITY_GATE)["decision"].wait_for.answer

    assert set(fields) == set(GateDecision.model_fields)


def test_wishes_are_what_the_workflows_take(application):
    production = ProductionWish(key="k", product="p", quantity=quantity("2"), start=TODAY, due=DUE)
    reconciliation = ReconciliationWish(key="k", make=(named("p", "2"),), due=DUE)

    for workflow, wish in (
        (PRODUCTION_ORDER_RELEASE, production),
        (BOM_STOCK_RECONCILIATION, reconciliation),
    ):
        read = check_input(workflow, application.tasks, dict(wish), application.workflows)
        assert read["due"] == "2026-12-04"
    assert Decimal(read["make"][0]["quantity"]["amount"]) == 2
