"""Several processes at once: the database or the key's lock, not luck, keeps the promises."""

import pytest

from tasks.adapters.company.files import rows
from tests.contracts import racing

pytestmark = pytest.mark.timeout(180)  # processes are spawned, and Tryton is, on a busy machine


@pytest.fixture(scope="module")
def race(tmp_path_factory):
    """`race(run, *args)`: in several processes of one home, all starting together."""
    with pytest.MonkeyPatch.context() as patch, racing.racers() as start:
        patch.setenv("ORCHESTRATOR_HOME", str(tmp_path_factory.mktemp("home")))
        yield start


def test_a_new_erp_that_all_open_at_once_is_filled_once(race, erp_url):
    seen = race(racing.count_catalogue, erp_url)

    assert seen == [(len(rows("products")), len(rows("customers")))] * racing.RACERS


def test_a_key_used_by_all_at_once_makes_one_offer(race, real_erp_url):
    turns = 5 if real_erp_url.startswith("tryton") else 20  # a second each there
    keys = [f"mail-{turn}" for turn in range(turns)]

    first, *others = race(racing.create_with_shared_keys, real_erp_url, keys)

    assert others == [first] * (racing.RACERS - 1)
    assert len(set(first)) == len(keys)


def test_numbers_have_no_gap_though_offers_are_refused_between_them(race, erp_url):
    made = race(racing.create_with_own_keys, erp_url, 10)

    numbers = sorted(int(number[-5:]) for racer in made for number in racer)
    assert numbers == list(range(1, 10 * racing.RACERS + 1))


def test_an_offer_that_all_order_at_once_is_ordered(race, real_erp_url):
    assert set(race(racing.order_one_offer, real_erp_url)) == {"ordered"}


def test_one_mail_is_handed_over_once(race, real_erp_url):
    assert len(set(race(racing.hand_over_with_one_key, real_erp_url))) == 1


def test_a_file_is_attached_once(race, real_erp_url):
    assert len(set(race(racing.attach_with_one_key, real_erp_url))) == 1
