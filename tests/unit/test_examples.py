"""Examples in docstrings are true."""

import doctest
import re
from importlib import import_module

import pytest

from tests.repository import ROOT, modules

WITH_EXAMPLES = sorted(
    ".".join(file.relative_to(ROOT).with_suffix("").parts)
    for file in modules()
    if re.search(r"^ +>>> ", file.read_text(encoding="utf-8"), re.MULTILINE)
)


@pytest.mark.parametrize("module", WITH_EXAMPLES)
def test_the_examples_of_a_module_are_true(module):
    examples = doctest.testmod(import_module(module))

    assert examples.attempted > 0
    assert examples.failed == 0
