"""Several workers at one project: nothing is invoiced, booked or bought twice."""

from collections import Counter
from contextlib import closing

import pytest

from tasks.accounting import is_balanced
from tasks.adapters import ERPFactory
from tasks.adapters.embedded.invoicing import journal
from tasks.adapters.embedded.sql.database import Database
from tests.contracts import project_racing, racing
from tests.contracts.project_office import PANELS, TODAY, ProjectOffice

pytestmark = pytest.mark.timeout(180)  # eight processes are spawned on a busy machine

WORKERS = 8


@pytest.fixture(scope="module")
def race():
    """`race(run, *args)`: in eight processes, all starting together."""
    with racing.racers(WORKERS) as start:
        yield start


@pytest.fixture
def url(company_url):
    return f"sqlalchemy+{company_url}"


@pytest.fixture
def office(url):
    with closing(ERPFactory(url=url).connect()) as erp:
        yield ProjectOffice(erp)


def times_invoiced(office, keys):
    """How often each task is on an invoice that counts."""
    made = [invoice for key in keys if (invoice := office.erp.projects.find(key))]
    standing = [
        one for one in made if office.erp.receivables.get(one.id).state.value != "cancelled"
    ]
    return Counter(task for invoice in standing for task in invoice.tasks)


def test_eight_that_invoice_a_project_at_once_put_each_task_on_one_invoice(race, url, office):
    project = office.project().id

    made = race(project_racing.invoice_with_own_keys, url, project)

    (invoice,) = [one for one in made if one]
    assert made.count(None) == WORKERS - 1
    assert len(set(invoice.tasks)) == len(invoice.tasks) == 2
    assert times_invoiced(office, map(str, range(WORKERS))) == dict.fromkeys(invoice.tasks, 1)


@pytest.mark.parametrize("verb", sorted(project_racing.CREATORS))
def test_a_key_used_by_all_at_once_makes_one(race, url, office, company_url, verb):
    with closing(Database(company_url)) as database, database.reading() as connection:
        before = len(journal.all_postings(connection))

    first, *others = race(project_racing.use_one_key, url, verb)

    assert first
    assert others == [first] * (WORKERS - 1)
    with closing(Database(company_url)) as database, database.reading() as connection:
        postings = journal.all_postings(connection)
    assert is_balanced(postings)
    assert len(postings) - before == (2 if verb == "buy" else 0)
    panels = office.project(PANELS).id
    assert len(office.erp.timesheets.entries(panels, TODAY)) == 1 + (verb == "book")


def test_a_task_is_reopened_or_invoiced_never_both(race, url, office):
    task = office.task("First half of the hall lit")

    seen = race(project_racing.attempt, url, task.id, ["invoice", "reopen"])

    after = office.task(task.name)
    assert after.invoiced == (after.done == 1) == ("reopen done" not in seen)
    counted = times_invoiced(office, map(str, range(WORKERS)))
    assert counted[task.id] == after.invoiced
    assert counted[office.task("Lighting design approved").id] == 1


def test_hours_are_invoiced_or_taken_back_never_both(race, url, office):
    project = office.project().id
    entry = office.book(task=office.task("First half of the hall lit").id)

    seen = race(project_racing.attempt, url, entry.id, ["unbook", "invoice"])

    kept = entry in office.erp.timesheets.entries(project, TODAY)
    assert seen.count("unbook refused") == (WORKERS // 2 if kept else 0)


def test_while_a_draft_is_cancelled_its_tasks_are_on_one_invoice_or_none(race, url, office):
    first = office.invoiced("first")

    race(project_racing.attempt, url, first.id, ["cancel", "invoice"])

    office.erp.projects.invoice("last", office.project().id)
    counted = times_invoiced(office, ["first", "last", *map(str, range(WORKERS))])
    assert set(counted.values()) == {1}
    assert len(counted) == 2


def test_the_budget_is_somebody_s_last_though_older_keys_come_late(race, url, office):
    project = office.project().id

    last_of_each = race(project_racing.allot_in_turn, url, project, 3)

    assert office.erp.budgets.planned(project) in last_of_each
