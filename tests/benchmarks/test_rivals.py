"""Other engines do their works: a short form, which times nothing worth reading."""

import pytest

from tests.benchmarks import environments
from tests.benchmarks.environments import NotInstalled, python_of
from tests.benchmarks.rivals.racing import main
from tests.benchmarks.rivals.sides import RIVALS


@pytest.mark.slow
@pytest.mark.timeout(1200)  # six environments are made, two of them of a hundred packages and more
def test_every_rival_does_every_work():
    found = main(["--short"])

    rows = found.charts[0].rows
    assert {rival.title for rival in RIVALS} < set(rows)
    assert all(rate > 0 for row in rows.values() for rate in row)


@pytest.mark.timeout(180)  # an environment is made
def test_a_rival_is_driven_beside_ours():
    found = main(["--short", "--only", "procrastinate"])

    rows = found.charts[0].rows
    assert list(rows) == ["ours, SQLite", "ours, PostgreSQL", "procrastinate, PostgreSQL"]
    assert all(rate > 0 for row in rows.values() for rate in row)


@pytest.mark.timeout(120)
def test_what_cannot_be_installed_says_why(tmp_path, monkeypatch):
    (tmp_path / "nothing.txt").write_text("no-such-package-of-ours @ file:///nowhere\n")
    monkeypatch.setattr(environments, "REQUIREMENTS", tmp_path)
    monkeypatch.chdir(tmp_path)

    with pytest.raises(NotInstalled, match="nowhere"):
        python_of("nothing")
