"""What the README shows as code runs as it stands there."""

import re

import pytest

from tests.e2e.project import Project
from tests.repository import ROOT

README = (ROOT / "README.md").read_text()

#: The tasks that the README's workflow calls and does not show.
UNSHOWN = """
from pydantic import BaseModel


class Reserved(BaseModel):
    total: Decimal


@task("inventory.reserve_stock")
def reserve_stock(order: int) -> Reserved:
    return Reserved(total=Decimal(order))


@task("scheduling.book_truck")
def book_truck() -> str:
    return "booked"


@task("messaging.send_survey")
def send_survey() -> None:
    raise OSError("nobody listens")


@task("messaging.send_receipt")
def send_receipt() -> str:
    return "sent"
"""


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


@pytest.mark.timeout(180)
def test_its_code_runs_as_it_stands(tmp_path):
    a_task, submitting, _, a_domain, _ = blocks("python")
    (workflow,) = blocks("yaml")
    project = Project(tmp_path).write(
        {
            "tasks/__init__.py": "",
            "tasks/billing.py": a_task + UNSHOWN,
            "tasks/returns.py": a_domain,
            "config/workflows/production/ship_order.yaml": workflow,
        }
    )
    (tmp_path / "submit.py").write_text(f"{submitting}print(coordinator.steps(run.id))\n")
    project.output("-m", "orchestrator", "workflows", "validate")

    with project.up():
        steps = project.output("submit.py")
        refund = project.output(
            *("-m", "orchestrator", "run", "take_back", "--set", "order=2", "--watch", "--json")
        )

    assert "charged 1042 for 1042, key " in steps
    assert "'booked'" in steps
    assert "'sent'" in steps
    assert '"39.80"' in refund


#: The workflow that the README's test runs.
SHOP = """
from orchestrator import Step, Workflow, task


@task("messaging.remind")
def remind(order: int) -> str:
    return f"reminded of {order}"


REMIND = Workflow(
    name="remind",
    steps=(
        Step(name="wait", wait_for={"timer": "14 days"}),
        Step(
            name="remind",
            task="messaging.remind",
            inputs={"order": "$input.order"},
            after=("wait",),
        ),
    ),
)
"""


@pytest.mark.timeout(120)
def test_the_test_it_shows_passes(tmp_path):
    project = Project(tmp_path).write(
        {"shop/__init__.py": SHOP, "test_shop.py": blocks("python")[2]}
    )

    said = project.output("-m", "pytest", "-q", "-p", "no:cacheprovider", "test_shop.py")

    assert "1 passed" in said
