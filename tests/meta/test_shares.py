"""Of tests that are shared out each run has one of the sisters, and in the end all had a turn."""

import re
from textwrap import dedent

import pytest

from tests import shares

SEEDS = range(12)
NUMBERS = 30
CONFTEST = """
    from tests import shares

    def pytest_addoption(parser):
        parser.addoption("--share", type=int)

    def pytest_collection_modifyitems(config, items):
        items[:] = [item for item in items if shares.goes(item, config.getoption("--share"))]
"""
TESTS = """
    import pytest

    @pytest.fixture(params=["sqlite", "postgresql"])
    def ledger_url(request): ...

    @pytest.fixture
    def install(ledger_url): ...

    @pytest.fixture(params=["fakes", "sqlite", "postgresql", "tryton"])
    def erp(request): ...

    @pytest.mark.parametrize("number", range(30))
    def test_costly(install, number): ...

    @pytest.mark.parametrize("number", range(30))
    def test_cheap(ledger_url, number): ...

    @pytest.mark.parametrize("number", range(30))
    def test_contract(erp, number): ...
"""
#: By seed: what goes, as `folder/test` and the parameters it has.
Turns = list[list[tuple[str, str]]]


@pytest.fixture
def turns(pytester: pytest.Pytester) -> Turns:
    """What goes with each seed."""
    pytester.makeconftest(CONFTEST)
    for folder in ("integration", "contracts", "unit"):
        pytester.mkdir(folder)
        (pytester.path / folder / "test_it.py").write_text(dedent(TESTS))
    return [_asked(pytester, seed) for seed in SEEDS]


def _asked(pytester: pytest.Pytester, seed: int) -> list[tuple[str, str]]:
    plain = ("--collect-only", "-q", "--import-mode=importlib", "-pno:randomly")
    found = pytester.runpytest_inprocess(*plain, f"--share={seed}")
    named = re.compile(r"(\w+)/test_it\.py::test_(\w+)\[(.*)\]")
    matches = [match for match in map(named.fullmatch, found.outlines) if match]
    return [(f"{match[1]}/{match[2]}", match[3]) for match in matches]


def _of(database: str, test: str, asked: list[tuple[str, str]]) -> set[str]:
    """Return the numbers of a test's sisters that go over a database."""
    begin = f"{database}-"
    return {one.removeprefix(begin) for of, one in asked if of == test and one.startswith(begin)}


def test_what_costs_goes_over_one_database_each_time_and_what_costs_nothing_over_both(
    turns: Turns,
) -> None:
    for test in ("integration/costly", "contracts/contract"):
        over_sqlite = [_of("sqlite", test, asked) for asked in turns]
        over_postgresql = [_of("postgresql", test, asked) for asked in turns]
        for one, other in zip(over_sqlite, over_postgresql, strict=True):
            assert not one & other
            assert len(one | other) == NUMBERS
        assert len({frozenset(one) for one in over_sqlite}) == len(SEEDS), "each seed has others"
    for test in ("integration/cheap", "unit/costly"):
        counts = [len(_of(name, test, asked)) for asked in turns for name in shares.LEDGERS]
        assert set(counts) == {NUMBERS}


def test_a_real_erp_answers_a_file_or_none_of_it_and_about_a_fourth_of_the_time(
    turns: Turns,
) -> None:
    answered = [len(_of("tryton", "contracts/contract", asked)) for asked in turns]

    assert set(answered) == {0, NUMBERS}
    assert 1 <= answered.count(NUMBERS) <= len(SEEDS) // 2
    assert {len(_of("fakes", "contracts/contract", asked)) for asked in turns} == {NUMBERS}
