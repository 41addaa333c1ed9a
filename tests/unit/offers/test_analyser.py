"""An analyser is absent on purpose, or absent with a reason."""

import pytest

from tasks.adapters.analyser import analyser_named
from tasks.inventory.analyser import AnalyserUnavailable


def test_without_a_name_there_is_none_on_purpose():
    assert analyser_named("").order_lines("5 pcs nut") == []


def test_one_that_no_package_announces_says_so():
    with pytest.raises(AnalyserUnavailable, match="'oracle', but no package announces it"):
        analyser_named("oracle").order_lines("5 pcs nut")
