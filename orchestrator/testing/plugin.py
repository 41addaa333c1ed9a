"""A stack for a whole test session, as a pytest fixture.

In the `conftest.py` of your tests:

    pytest_plugins = ["orchestrator.testing.plugin"]

and in the configuration of pytest, unless your package is called `tasks`:

    orchestrator_packages = ["shop"]

A test then asks for `orchestrator_stack`. Starting a stack takes seconds, so all tests share
it; its clock only moves forward, and runs know nothing of each other.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from orchestrator.testing.embedded import EmbeddedStack


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add what the configuration may say."""
    parser.addini(
        "orchestrator_packages", "packages of the stack's workflows", "args", default=["tasks"]
    )


@pytest.fixture(scope="session")
def orchestrator_stack(
    pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> Iterator["EmbeddedStack"]:
    """A running stack; its logs stay where pytest keeps the files of its last sessions."""
    from orchestrator.testing.embedded import stack  # noqa: PLC0415 - only who asks for it waits

    home = tmp_path_factory.mktemp("orchestrator")
    with stack(pytestconfig.getini("orchestrator_packages"), home=home) as running:
        yield running
