"""The sample mails go through the real stack on a real Tryton: one setting is another, no more."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from orchestrator import Coordinator, RunState, Settings, failpoints
from orchestrator.local.services import services
from orchestrator.local.stack import Stack
from tasks.adapters.factory import SETTING
from tasks.offer_orchestrator import OfferOrchestrator
from tasks.samples import sample_mails
from tasks.workflows.offer_results import WorkflowResult
from tasks.workflows.offers import email_from_file, emails_in
from tests.repository import ROOT
from tests.tryton import Companies, Company

EXPECTED = yaml.safe_load(
    (ROOT / "tests" / "unit" / "offers" / "expected.yaml").read_text(encoding="utf-8")
)
POOLS = ["billing", "inventory", "messaging", "scheduling"]
CLEAR = ["01-plain-list.eml", "07-codes-only.eml"]
DOUBTFUL = ["11-unknown-customer.eml"]

pytestmark = pytest.mark.timeout(600)  # two stacks and a server are started, on a busy machine


@contextmanager
def offers_on(erp_url: str | None, settings: Settings) -> Iterator[OfferOrchestrator]:
    """Have a stack up whose workers reach an ERP; the embedded one where no address is given."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(SETTING, raising=False)
        if erp_url is not None:
            patch.setenv(SETTING, erp_url)
        with Stack(settings, services(settings, POOLS, concurrency=1)) as stack:
            stack.wait_until_ready()
            offers = OfferOrchestrator(Coordinator(stack.settings))
            yield offers
            offers.coordinator.ledger.close()


def results_on(erp_url: str | None, home: Path) -> dict[str, WorkflowResult]:
    """Return what comes of each sample mail."""
    with offers_on(erp_url, Settings(home=home)) as offers:
        runs = {path.name: offers.submit(mail) for path, mail in emails_in(sample_mails())}
        for run in runs.values():
            ended = offers.coordinator.wait(run.id, timeout=240)
            assert ended.state is RunState.SUCCEEDED, ended.error
        return {name: offers.result(run.id) for name, run in runs.items()}


@pytest.fixture(scope="module")
def company(tryton_companies: Companies) -> Iterator[Company]:
    with tryton_companies.company() as company:
        yield company


@pytest.fixture(scope="module")
def on_tryton(
    company: Company, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, WorkflowResult]:
    return results_on(company.erp_url, tmp_path_factory.mktemp("on-tryton") / "home")


@pytest.fixture(scope="module")
def on_embedded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, WorkflowResult]:
    return results_on(None, tmp_path_factory.mktemp("on-embedded") / "home")


def told(result: WorkflowResult) -> dict[str, object]:
    """Return what a result says in words that both ERPs have."""
    own = {"run_id": True, "offer_number": True, "lines": {"__all__": {"product"}}}
    return result.model_dump(exclude=own)


def made_in(company: Company) -> tuple[int, int]:
    """Count offers and handovers; a run's results name one a mail, whatever was made besides."""
    with company.database() as connection:
        query = """
            select (select count(*) from sale_sale),
                   (select count(*) from sale_opportunity where party is null)
        """
        row = connection.execute(query).fetchone()
    assert row is not None
    return row[0], row[1]


def test_tryton_keeps_one_offer_or_one_lead_a_mail(on_tryton, company):
    assert all(result.success or result.handed_over for result in on_tryton.values())

    mails = {name for name in EXPECTED if name != "13-same-mail-again.eml"}
    doubtful = {name for name in mails if "asks" in EXPECTED[name]}

    assert made_in(company) == (len(mails - doubtful), len(doubtful))


def test_each_mail_comes_to_the_same_as_on_the_embedded_erp(on_tryton, on_embedded):
    assert {name: told(result) for name, result in on_tryton.items()} == {
        name: told(result) for name, result in on_embedded.items()
    }
    assert all(result.offer_number for result in on_tryton.values() if result.success)


def test_a_worker_killed_between_effect_and_record_makes_no_second_offer(
    tryton_companies: Companies, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(failpoints.VARIABLE, "executor.called=kill,chance=0.5")
    settings = Settings(home=tmp_path / "home", max_losses=50)

    with tryton_companies.company() as company, offers_on(company.erp_url, settings) as offers:
        mails = [email_from_file(sample_mails() / name) for name in CLEAR + DOUBTFUL]
        runs = [offers.submit(mail) for mail in mails]
        ended = [offers.coordinator.wait(run.id, timeout=240) for run in runs]
        steps = [step for run in runs for step in offers.coordinator.steps(run.id)]
        made = made_in(company)

    assert [run.state for run in ended] == [RunState.SUCCEEDED] * len(runs)
    assert sum(step.attempts > 1 for step in steps) >= len(runs), "hardly anything was killed"
    assert made == (len(CLEAR), len(DOUBTFUL))
