"""The sample mails go through the real stack: four pools, broker, ledger, and the embedded ERP."""

from collections.abc import Iterator
from decimal import Decimal

import pytest
import yaml

from orchestrator import Coordinator, RunState, Settings
from orchestrator.errors import ConfigurationError
from orchestrator.local.services import services
from orchestrator.local.stack import Stack
from tasks.offer_orchestrator import OfferOrchestrator
from tasks.samples import sample_mails
from tasks.workflows.offer_results import WorkflowResult
from tasks.workflows.offers import email_from_file, emails_in
from tests.repository import ROOT

EXPECTED = yaml.safe_load(
    (ROOT / "tests" / "unit" / "offers" / "expected.yaml").read_text(encoding="utf-8")
)
POOLS = ["billing", "inventory", "messaging", "scheduling"]

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def offers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OfferOrchestrator]:
    settings = Settings(home=tmp_path_factory.mktemp("offers") / "home")
    with Stack(settings, services(settings, POOLS, concurrency=1)) as stack:
        stack.wait_until_ready()
        yield OfferOrchestrator(Coordinator(stack.settings))


@pytest.fixture(scope="module")
def results(offers: OfferOrchestrator) -> dict[str, WorkflowResult]:
    runs = {path.name: offers.submit(mail) for path, mail in emails_in(sample_mails())}
    for run in runs.values():
        ended = offers.coordinator.wait(run.id, timeout=120)
        assert ended.state is RunState.SUCCEEDED, ended.error
    return {name: offers.result(run.id) for name, run in runs.items()}


def test_every_clear_mail_becomes_a_verified_offer(results):
    clear = {name for name, expected in EXPECTED.items() if "asks" not in expected}

    assert {name for name, result in results.items() if result.success} == clear
    assert all(results[name].offer_number for name in clear)


def test_every_doubtful_mail_goes_to_a_person_and_makes_no_offer(results):
    doubtful = {name for name, expected in EXPECTED.items() if "asks" in expected}

    assert {name for name, result in results.items() if result.handed_over} == doubtful
    assert not any(results[name].offer_number for name in doubtful)
    assert all(results[name].questions for name in doubtful)


def test_the_offers_lines_are_those_of_the_mail(results):
    for name, result in results.items():
        if result.success:
            amounts = [line.quantity.amount for line in result.lines]
            assert amounts == [Decimal(amount) for _, amount, _ in EXPECTED[name]["lines"]], name
            assert result.total_amount == result.net + result.tax


def test_a_mail_that_comes_twice_is_one_run_and_one_offer(offers, results):
    first, again = results["01-plain-list.eml"], results["13-same-mail-again.eml"]
    assert first == again

    later = offers.submit(email_from_file(sample_mails() / "01-plain-list.eml"))

    assert later.id == first.run_id


def test_the_step_that_nobody_needs_is_skipped_and_says_why(offers, results):
    steps = {s.name: s for s in offers.coordinator.steps(results["11-unknown-customer.eml"].run_id)}

    assert steps["create_offer"].state == "skipped"
    assert "find_customer.customer" in steps["find_salesperson"].reason


def test_an_erp_that_is_not_set_up_is_refused_before_anything_is_submitted(offers, monkeypatch):
    monkeypatch.setenv("ERP_URL", "sqlalchemy+sqlite://")
    runs = len(offers.coordinator.runs())

    with pytest.raises(ConfigurationError, match="lemonsoft"):
        OfferOrchestrator(offers.coordinator, "lemonsoft").submit(
            {"sender": "a@x.example", "subject": "", "body": "5 pcs nut"}
        )

    assert len(offers.coordinator.runs()) == runs
