"""The workflow holds together, and its results read as the business speaks."""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest

from orchestrator import Application, Run, Settings, compile
from orchestrator.errors import ConfigurationError
from orchestrator.states import Priority, RunState
from orchestrator.validation import check
from tasks.offer_orchestrator import OfferOrchestrator
from tasks.samples import sample_mails
from tasks.workflows.offer_results import (
    WorkflowContext,
    WorkflowDefinition,
    WorkflowResult,
    WorkflowStep,
)
from tasks.workflows.offers import OFFERS, email_from_file
from tests.unit.offers.company import process

NOW = dt.datetime(2026, 11, 20, tzinfo=dt.UTC)


def test_every_step_calls_a_task_that_takes_its_inputs(tmp_path):
    tasks = Application.load(Settings(workflows=tmp_path)).tasks

    assert check(OFFERS, tasks) == []


def test_the_ten_steps_of_the_seed_and_the_handover_are_the_workflow():
    names = {step.name for step in OFFERS.steps}

    assert names == {*WorkflowStep, "hand_over"}


def test_the_domains_of_all_four_pools_take_part():
    assert {step.task.partition(".")[0] for step in OFFERS.steps} == {
        "billing",
        "inventory",
        "messaging",
        "scheduling",
    }


def test_prices_wait_for_customer_and_products_and_the_salesperson_for_the_customer_alone():
    steps = compile(OFFERS).steps

    assert set(steps["calculate_pricing"].after) == {"find_customer", "match_products"}
    assert steps["find_salesperson"].after == ("find_customer",)
    assert {"calculate_pricing", "find_salesperson"} <= set(steps["build_offer"].after)


def test_only_the_salesperson_can_be_done_without():
    definition = WorkflowDefinition()

    assert [s for s in definition if not definition.is_critical(s)] == [
        WorkflowStep.FIND_SALESPERSON
    ]


@dataclass
class FinishedRuns:
    """A coordinator whose every run has ended: it calls the steps when a run is submitted."""

    state: RunState = RunState.SUCCEEDED
    error: str | None = None
    submitted: list[tuple[str | None, Any]] = field(default_factory=list)
    gave: dict[str, Any] = field(default_factory=dict)

    def submit(self, workflow, run_input, *, idempotency_key=None) -> Run:
        assert workflow is OFFERS
        self.submitted.append((idempotency_key, run_input))
        outcome = process(run_input["email"])
        self.gave = {
            "find_customer": outcome.customer.model_dump(mode="json"),
            "match_products": outcome.matches.model_dump(mode="json"),
        }
        if outcome.offer:
            self.gave["verify_offer"] = outcome.offer.model_dump(mode="json")
        return self.run("r1")

    def wait(self, run_id, *, timeout) -> Run:
        assert timeout > 0
        return self.run(run_id)

    def results(self, run_id) -> dict[str, Any]:
        assert run_id == "r1"
        return self.gave

    def run(self, run_id) -> Run:
        return Run(
            id=run_id,
            workflow="offers",
            version="v",
            state=self.state,
            priority=Priority.NORMAL,
            input={},
            idempotency_key=None,
            submitted_at=NOW,
            started_at=NOW,
            ended_at=NOW,
            error=self.error,
            warnings=("find_salesperson: nobody",),
        )


def test_one_call_makes_an_offer_of_a_mail():
    runs = FinishedRuns()

    result = OfferOrchestrator(runs).process_offer_request(
        {
            "sender": "Tiina <tiina.salo@lahdenkonepaja.example>",
            "subject": "Offer request",
            "body": "Please quote 100 pcs HB-M8X40-A2",
        }
    )

    assert result.success
    assert result.offer_number == "OFF-2026-00001"
    assert result.customer_name == "Lahden Konepaja Oy"
    assert (result.net, result.tax) == (Decimal("51.00"), Decimal("13.00"))
    assert (result.total_amount, result.currency) == (Decimal("64.00"), "EUR")
    assert result.warnings == ("find_salesperson: nobody",)
    assert result.errors == ()


def test_the_same_mail_is_submitted_under_the_same_key():
    runs = FinishedRuns()
    offers = OfferOrchestrator(runs)

    for name in ("01-plain-list.eml", "13-same-mail-again.eml"):
        offers.submit(email_from_file(sample_mails() / name))

    assert runs.submitted[0] == runs.submitted[1]


def test_a_failed_run_is_no_success_and_says_why():
    runs = FinishedRuns(state=RunState.FAILED, error="create_offer: the ERP does not answer")

    result = OfferOrchestrator(runs).process_offer_request(
        {"sender": "a@x.example", "subject": "", "body": "5 pcs FL-50"}
    )

    assert not result.success
    assert result.errors == ("create_offer: the ERP does not answer",)
    assert len(result.questions) == 1


def test_an_offer_that_is_not_verified_is_no_success():
    offer = process(email_from_file(sample_mails() / "01-plain-list.eml")).offer
    context = WorkflowContext.of_results({"create_offer": offer.model_dump(mode="json")})

    result = WorkflowResult.of_context(context)

    assert not result.success
    assert result.offer_number == offer.number


def test_errors_and_warnings_are_gathered_once_each():
    context = WorkflowContext()
    for _ in range(2):
        context.add_error("the ERP is away")
        context.add_warning("analyser not available")

    result = WorkflowResult.of_context(context)

    assert (result.errors, result.warnings) == (("the ERP is away",), ("analyser not available",))


@pytest.mark.parametrize("erp_type", ["lemonsoft"])
def test_an_erp_that_is_not_set_up_is_refused(erp_type, monkeypatch):
    monkeypatch.setenv("ERP_URL", "sqlalchemy+sqlite://")

    with pytest.raises(ConfigurationError, match=erp_type):
        OfferOrchestrator(FinishedRuns(), erp_type).submit({"sender": "a@x.example", "body": "hi"})
