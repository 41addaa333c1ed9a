"""Several processes at once: the database, not luck, keeps the promises."""

import pytest

from tasks.adapters.embedded.company_files import rows
from tests.contracts import racing

pytestmark = pytest.mark.timeout(90)  # processes are spawned on a busy machine


@pytest.fixture(scope="module")
def race():
    """`race(run, *args)`: in several processes, all starting together."""
    with racing.racers() as start:
        yield start


def test_a_new_erp_that_all_open_at_once_is_filled_once(race, erp_url):
    seen = race(racing.count_catalogue, erp_url)

    assert seen == [(len(rows("products")), len(rows("customers")))] * racing.RACERS


def test_a_key_used_by_all_at_once_makes_one_offer(race, erp_url):
    keys = [f"mail-{turn}" for turn in range(20)]

    first, *others = race(racing.create_with_shared_keys, erp_url, keys)

    assert others == [first] * (racing.RACERS - 1)
    assert len(set(first)) == len(keys)


def test_numbers_have_no_gap_though_offers_are_refused_between_them(race, erp_url):
    made = race(racing.create_with_own_keys, erp_url, 10)

    numbers = sorted(int(number[-5:]) for racer in made for number in racer)
    assert numbers == list(range(1, 10 * racing.RACERS + 1))


def test_one_mail_is_handed_over_once(race, erp_url):
    assert len(set(race(racing.hand_over_with_one_key, erp_url))) == 1
