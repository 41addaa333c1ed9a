"""Every other call is killed between its effect and the record: no offer is made twice."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from orchestrator import Coordinator, RunState, Settings, failpoints
from orchestrator.local.services import services
from orchestrator.local.stack import Stack
from tasks.offer_orchestrator import OfferOrchestrator
from tasks.samples import sample_mails
from tasks.workflows.offers import email_from_file

POOLS = ["billing", "inventory", "messaging", "scheduling"]
CLEAR = ["01-plain-list.eml", "07-codes-only.eml"]
DOUBTFUL = ["11-unknown-customer.eml"]


@pytest.mark.timeout(180)
def test_a_step_killed_between_effect_and_record_does_it_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(failpoints.VARIABLE, "executor.called=kill,chance=0.5")
    settings = Settings(home=tmp_path / "home", max_losses=50)

    with Stack(settings, services(settings, POOLS, concurrency=1)) as stack:
        stack.wait_until_ready()
        offers = OfferOrchestrator(Coordinator(stack.settings))
        mails = [email_from_file(sample_mails() / name) for name in CLEAR + DOUBTFUL]
        runs = [offers.submit(mail) for mail in mails]
        ended = [offers.coordinator.wait(run.id, timeout=120) for run in runs]
        results = [offers.result(run.id) for run in runs]
        steps = [step for run in runs for step in offers.coordinator.steps(run.id)]
        offers.coordinator.ledger.close()

    assert [run.state for run in ended] == [RunState.SUCCEEDED] * len(runs)
    assert sum(step.attempts > 1 for step in steps) >= len(runs), "hardly anything was killed"
    numbers = sorted(result.offer_number or "" for result in results if result.success)
    assert [number[-5:] for number in numbers] == [f"{n:05}" for n in range(1, len(CLEAR) + 1)]
    assert made_in(settings.home / "erp.db") == (len(CLEAR), len(DOUBTFUL))


def made_in(erp: Path) -> tuple[int, int]:
    """Count offers and handovers; a run's results name one a mail, whatever was made besides."""
    with closing(sqlite3.connect(erp)) as connection:
        query = "select (select count(*) from erp_offer), (select count(*) from erp_handover)"
        counted: tuple[int, int] = connection.execute(query).fetchone()
    return counted
