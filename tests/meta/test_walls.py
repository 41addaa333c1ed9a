"""The walls of the house: who may import whom, as pyproject.toml lists them."""

import subprocess
import sys

import pytest

from tests.repository import ROOT, assert_clean, program

#: `-S` leaves site-packages out: whatever is imported then is the standard library's or ours
BARE = [sys.executable, "-I", "-S", "-c"]


@pytest.mark.timeout(120)
def test_every_import_contract_is_kept():
    assert_clean(program("lint-imports"))


@pytest.mark.parametrize("module", ["orchestrator", "orchestrator.__main__"])
def test_a_python_without_packages_can_import(module):
    statement = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import {module}"

    imported = subprocess.run([*BARE, statement], capture_output=True, text=True, check=False)

    assert imported.returncode == 0, imported.stderr


@pytest.mark.parametrize("module", ["orchestrator", "orchestrator.declare", "tasks.workflows"])
def test_importing_the_business_loads_no_framework(module):
    frameworks = {"celery", "kombu", "redis", "sqlalchemy", "httpx", "sklearn", "pint"}
    statement = f"import sys, {module}; print(*({frameworks!r} & set(sys.modules)))"

    imported = subprocess.run(
        [sys.executable, "-c", statement], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert imported.stdout.split() == []
