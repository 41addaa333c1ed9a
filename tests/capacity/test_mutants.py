"""The driver notices when a script is broken."""

import pytest

from orchestrator.capacity.scripts import sources
from tests.capacity.mutants import EXAMPLES, MUTANTS, RARE
from tests.capacity.mutation import example, witness

#: Noticed within the first world, so that they are quick.
QUICK = {
    "capacity is one more",
    "a release serves nobody",
    "two start one grant",
    "silence frees at once",
    "queues are served one by one",
}


def test_each_mutant_changes_one_place():
    assert len(MUTANTS) >= 20
    assert len({one.name for one in MUTANTS}) == len(MUTANTS)
    assert {one.name for one in MUTANTS} >= QUICK | set(RARE)
    for mutant in (*MUTANTS, *EXAMPLES):
        assert mutant.texts(sources()) != sources()


@pytest.mark.parametrize("mutant", [one for one in MUTANTS if one.name in QUICK], ids=str)
def test_a_broken_script_is_noticed(client, mutant):
    assert witness(client, mutant, seeds=3)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
def test_every_broken_script_is_noticed_or_known_to_be_rare(client, mutant):
    assert witness(client, mutant) or (mutant.name in RARE and example(mutant))


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("mutant", EXAMPLES, ids=str)
def test_every_other_broken_script_is_noticed_by_an_example(mutant):
    assert example(mutant)
