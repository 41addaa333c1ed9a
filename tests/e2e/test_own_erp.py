"""A third ERP, as the README shows it: a package of two files, installed and chosen by name."""

import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from orchestrator import Coordinator, Settings
from orchestrator.local.services import services
from orchestrator.local.stack import Stack
from tasks.adapters import ERPFactory
from tasks.adapters.factory import known_adapters
from tasks.offer_orchestrator import OfferOrchestrator
from tasks.samples import sample_mails
from tasks.workflows.offers import email_from_file
from tests.e2e.project import Project
from tests.repository import ROOT

POOLS = ["billing", "inventory", "messaging", "scheduling"]

pytestmark = pytest.mark.timeout(180)


@pytest.fixture
def halved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Install the README's package for this process and those it starts; give its `ERP_URL`."""
    shown = (ROOT / "README.md").read_text().partition("## Any ERP")[2]
    (module,) = re.findall(r'```python\n("""Any ERP.*?)```', shown, re.DOTALL)
    (settings,) = re.findall(r"```toml\n(.*?)```", shown, re.DOTALL)
    files = {"halved/__init__.py": module, "pyproject.toml": settings}
    site = _installed(Project(tmp_path / "halved").write(files).folder, tmp_path / "site")
    monkeypatch.syspath_prepend(site)
    monkeypatch.setenv("PYTHONPATH", str(site))
    url = f"halved+sqlalchemy+sqlite:///{tmp_path / 'erp.db'}"
    monkeypatch.setenv("ERP_URL", url)
    yield url
    sys.modules.pop("halved", None)


def _installed(project: Path, site: Path) -> Path:
    """Build a package and unpack its wheel, which is all that installing it comes to."""
    build = "import sys; from hatchling.build import build_wheel; print(build_wheel(sys.argv[1]))"
    command = [sys.executable, "-c", build, str(site)]
    subprocess.run(command, cwd=project, check=True, capture_output=True)
    (wheel,) = site.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    return site


def test_it_is_there_beside_ours(halved):
    assert "halved" in known_adapters()

    erp = ERPFactory("halved").connect()
    usual = ERPFactory(url=halved.partition("+")[2]).connect()

    assert type(erp.pricing).__module__ == "halved"
    assert erp.offers.find("mail-1") is usual.offers.find("mail-1") is None
    erp.close()
    usual.close()


def test_a_mail_is_offered_at_its_prices(halved, tmp_path):
    settings = Settings(home=tmp_path / "home")

    with Stack(settings, services(settings, POOLS, concurrency=1)) as stack:
        stack.wait_until_ready()
        offers = OfferOrchestrator(Coordinator(stack.settings), "halved")
        mail = email_from_file(sample_mails() / "01-plain-list.eml")
        result = offers.process_offer_request(mail, timeout=120)
        (pricing,) = (
            step.result
            for step in offers.coordinator.steps(result.run_id)
            if step.name == "calculate_pricing"
        )
        offers.coordinator.ledger.close()

    assert result.success, result.errors
    lists = [Decimal(price["list_price"]["amount"]) for price in pricing["prices"]]
    assert [line.unit_price.amount * 2 for line in result.lines] == lists
