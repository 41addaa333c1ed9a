"""The public names: listed once, loaded late, and all there."""

import ast

import pytest

import orchestrator
from tests.repository import ROOT


def names_for_type_checkers():
    """Return {name: module} as the `if TYPE_CHECKING` block of the package says."""
    tree = ast.parse((ROOT / "orchestrator" / "__init__.py").read_text())
    block = next(node for node in tree.body if isinstance(node, ast.If))
    return {
        alias.name: statement.module.removeprefix("orchestrator.")
        for statement in block.body
        for alias in statement.names
    }


def test_the_public_names_are_sorted():
    assert orchestrator.__all__ == sorted(orchestrator.__all__)


def test_the_public_names_are_exactly_the_lazy_map():
    assert orchestrator.__all__ == sorted(orchestrator._HOME)


def test_type_checkers_and_python_find_each_name_in_the_same_module():
    assert names_for_type_checkers() == orchestrator._HOME


@pytest.mark.parametrize("name", orchestrator.__all__)
def test_every_public_name_is_importable(name):
    assert getattr(orchestrator, name) is not None


def test_dir_shows_the_public_names():
    assert dir(orchestrator) == orchestrator.__all__


def test_an_unknown_name_is_refused_with_its_name():
    with pytest.raises(AttributeError, match="'Flow'"):
        orchestrator.Flow  # noqa: B018  # the access is the act
