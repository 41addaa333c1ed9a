"""Several processes at once: the database, not luck, keeps the promises."""

import pytest

from tasks.adapters import ERPFactory
from tests.contracts import racing

pytestmark = pytest.mark.timeout(90)  # processes are spawned on a busy machine


def test_a_new_erp_that_all_open_at_once_is_filled_once(erp_url):
    seen = racing.race(racing.count_catalogue, erp_url)

    assert seen == [(430, 46)] * racing.RACERS


def test_one_key_used_by_all_at_once_makes_one_offer(erp_url):
    numbers = racing.race(racing.create_with_one_key, erp_url, "mail-1")

    assert {number for racer in numbers for number in racer} == {f"OFF-{year(erp_url)}-00001"}


def test_numbers_have_no_gap_though_offers_are_refused_between_them(erp_url):
    made = racing.race(racing.create_with_own_keys, erp_url, 10)

    numbers = sorted(int(number[-5:]) for racer in made for number in racer)
    assert numbers == list(range(1, 10 * racing.RACERS + 1))


def test_one_mail_is_handed_over_once(erp_url):
    assert len(set(racing.race(racing.hand_over_with_one_key, erp_url))) == 1


def year(erp_url):
    erp = ERPFactory(url=erp_url).connect()
    made = erp.offers.find("mail-1").date.year
    erp.close()
    return made
