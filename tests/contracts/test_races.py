"""Several processes at once: the database or the key's lock, not luck, keeps the promises."""

from contextlib import closing

import pytest
from sqlalchemy import func, select

from tasks.adapters import ERPFactory
from tasks.adapters.company.files import rows
from tasks.adapters.embedded.desk.mail_tables import message_attachments
from tasks.adapters.embedded.sql.database import Database
from tasks.messaging.contracts import TicketDraft
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


def test_a_key_opens_one_ticket_says_one_thing_and_sends_one_mail(race, company_url):
    made = race(racing.help_with_one_key, f"sqlalchemy+{company_url}", "ticket:1")

    assert len(set(made)) == 1
    with closing(Database(company_url)) as database, database.reading() as connection:
        kept = select(func.count()).select_from(message_attachments)
        assert connection.scalar(kept) == 1


def test_each_version_of_a_ticket_is_changed_by_one(race, company_url):
    url = f"sqlalchemy+{company_url}"
    draft = TicketDraft(title="Who helps?", text="", requester="a@b.example")
    with closing(ERPFactory(url=url).connect()) as erp:
        opened = [erp.tickets.create(f"{number}", draft) for number in range(20)]

        taken = race(racing.take_tickets, url, {ticket.id: ticket.version for ticket in opened})

        won = [ticket for racer in taken for ticket in racer]
        assert sorted(won) == sorted(ticket.id for ticket in opened)
        everybody = erp.people.all()
        for racer, tickets in enumerate(taken):
            holders = {erp.tickets.get(ticket).assignee for ticket in tickets}
            assert holders <= {everybody[racer].id}
