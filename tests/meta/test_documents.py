"""The pages in docs/ are true where a machine can tell: workflows, links."""

import re
from pathlib import Path

import pytest
import yaml

from orchestrator import Workflow
from orchestrator.validation import check
from tests.repository import ROOT

PAGES = sorted((ROOT / "docs").glob("*.md"))
WORKFLOWS = [
    pytest.param(block, id=f"{page.stem}-{number}")
    for page in PAGES
    for number, block in enumerate(re.findall(r"```yaml\n(.*?)```", page.read_text(), re.DOTALL))
]


def test_there_are_pages_with_workflows() -> None:
    assert len(WORKFLOWS) >= 6


@pytest.mark.parametrize("block", WORKFLOWS)
def test_every_workflow_shown_holds_together(block: str) -> None:
    workflow = Workflow.model_validate(yaml.safe_load(block))

    assert check(workflow, None) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_link_leads_to_a_file(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text())

    assert [link for link in links if not (page.parent / link).exists()] == []
