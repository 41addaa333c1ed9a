"""The suite's ten minutes are shared out among its folders, and who takes more is named."""

import pytest

from tests import budgets
from tests.repository import ROOT

RUNNERS = 3
MINUTES = 10


def test_each_folder_of_tests_has_a_budget_and_all_fit_in_ten_minutes() -> None:
    folders = {file.parent.name for file in (ROOT / "tests").glob("*/test_*.py")}

    assert set(budgets.SECONDS) == folders
    assert sum(budgets.SECONDS.values()) <= RUNNERS * MINUTES * 60


def test_a_folder_that_takes_longer_is_named() -> None:
    def took(folder: str, seconds: float) -> pytest.TestReport:
        name = f"tests/{folder}/test_it.py::test"
        return pytest.TestReport(name, (name, 1, ""), {}, "passed", None, "call", duration=seconds)

    most = budgets.SECONDS["unit"]

    assert budgets.exceeded([took("unit", most), took("chaos", 1)]) == {}
    assert budgets.exceeded([took("unit", most), took("unit", 1)]) == {"unit": most + 1}
