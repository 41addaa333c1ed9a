"""Timesheets: who worked on what, at the rate of the day."""

import datetime as dt
from decimal import Decimal

import pytest

from tasks.erp_errors import NotFound, Rejected
from tasks.scheduling.contracts import TimeEntry
from tasks.values import Money
from tests.contracts.project_office import LIGHTING, PANELS, TODAY, ProjectOffice

DAY = dt.timedelta(days=1)
#: of the pump panels, on which four hours are booked
SPECIFICATION, BUILDING = (
    "Specification with the waterworks",
    "Building of two pump control panels",
)


@pytest.fixture
def office(embedded):
    return ProjectOffice(embedded)


@pytest.fixture
def timesheets(embedded):
    return embedded.timesheets


def test_hours_cost_the_person_s_rate_on_that_day_in_whole_cents(office):
    last_year, this_year = dt.date(2025, 12, 31), dt.date(2026, 1, 1)

    entry = office.book(on=last_year)

    assert (entry.key, entry.person, entry.on) == ("k", office.worker().id, last_year)
    assert entry.task == office.task(SPECIFICATION, PANELS).id
    assert (entry.hours, entry.cost) == (2, Money.of("63.00"))
    assert office.book("dearer", on=this_year).cost == Money.of("66.00")
    assert office.book("a third", hours="0.333").cost == Money.of("10.99")
    assert office.book("half a cent", hours="0.0005").cost == Money.of("0.02")


def test_a_key_books_once_and_is_found(office, timesheets):
    entry = office.book()

    assert office.book(hours="7", on=TODAY - DAY) == entry == timesheets.find("k")
    assert office.book(task="task:999999") == entry
    assert timesheets.find("another") is None


def test_an_entry_travels_as_json(office):
    entry = office.book(hours="1.25")

    assert TimeEntry.model_validate_json(entry.model_dump_json()) == entry


def test_what_is_taken_back_is_not_found_and_its_key_is_free(office, timesheets):
    project = office.project(PANELS).id
    before = timesheets.cost(project, TODAY)
    entry = office.book()

    timesheets.unbook(entry.id)
    timesheets.unbook(entry.id)

    assert timesheets.find("k") is None
    assert timesheets.cost(project, TODAY) == before
    again = office.book(hours="3")
    assert (again.hours, again.id) != (entry.hours, entry.id)
    timesheets.unbook(entry.id)
    assert timesheets.find("k") == again


@pytest.mark.parametrize("hours", ["0", "-1"])
def test_no_hours_are_no_work(embedded, office, hours):
    with pytest.raises(Rejected, match=f"{hours} hours are no work"):
        office.book(hours=hours)

    assert embedded.timesheets.find("k") is None


def test_who_has_no_rate_yet_books_nothing(embedded, office):
    with pytest.raises(NotFound, match="Riikka Suominen had no labour rate yet on 2023-12-31"):
        office.book(on=dt.date(2023, 12, 31))

    assert embedded.timesheets.find("k") is None


def test_ids_that_nothing_has_are_said_back(embedded, office):
    task = office.task(SPECIFICATION, PANELS).id
    with pytest.raises(NotFound, match="no task has the id 'task:999999'"):
        office.book(task="task:999999")
    with pytest.raises(NotFound, match="no person has the id 'person:999999'"):
        embedded.timesheets.book("k", "person:999999", task, hours=Decimal(1), on=TODAY)
    with pytest.raises(NotFound, match="no time entry has the id 'time_entry:999999'"):
        embedded.timesheets.unbook("time_entry:999999")
    for call in (embedded.timesheets.entries, embedded.timesheets.hours, embedded.timesheets.cost):
        with pytest.raises(NotFound, match="no project has the id 'project:999999'"):
            call("project:999999", TODAY)


def test_on_a_closed_day_nothing_is_booked_or_taken_back(office, timesheets):
    kept, gone = office.book("kept", on=TODAY - DAY), office.book("gone", on=TODAY - DAY)
    timesheets.unbook(gone.id)

    timesheets.close(TODAY - DAY)
    timesheets.close(TODAY - 9 * DAY)  # a day that is closed stays so

    closed = f"hours of {TODAY - DAY} are closed, like those of all days until {TODAY - DAY}"
    with pytest.raises(Rejected, match=closed):
        office.book("late", on=TODAY - DAY)
    with pytest.raises(Rejected, match=closed):
        timesheets.unbook(kept.id)
    assert timesheets.find("kept") == kept == office.book("kept", on=TODAY - DAY)
    timesheets.unbook(gone.id)
    timesheets.unbook(office.book("today").id)


def test_invoiced_hours_stay_until_their_invoice_counts_no_more(embedded, office, timesheets):
    task = office.task("First half of the hall lit").id
    entry = office.book(task=task)
    invoice = office.invoiced("invoice").id

    with pytest.raises(Rejected, match=f"{entry.id} are invoiced and stay: credit their invoice"):
        timesheets.unbook(entry.id)
    embedded.receivables.post(invoice, TODAY)
    with pytest.raises(Rejected, match=f"{entry.id} are invoiced"):
        timesheets.unbook(entry.id)
    assert timesheets.find("k") == entry

    embedded.receivables.credit("credit", invoice, TODAY)
    timesheets.unbook(entry.id)
    assert timesheets.find("k") is None


def test_hours_booked_after_the_invoice_are_not_on_it(office, timesheets):
    office.invoiced("invoice")

    entry = office.book(task=office.task("First half of the hall lit").id)

    timesheets.unbook(entry.id)
    assert timesheets.find("k") is None


def test_entries_come_by_day_until_a_day(office, timesheets):
    project = office.project(PANELS).id
    before = timesheets.entries(project, TODAY)
    late, early = office.book("late", on=TODAY + 2 * DAY), office.book("early", on=TODAY + DAY)

    assert [entry.hours for entry in before] == [4]
    assert timesheets.entries(project, TODAY + 2 * DAY) == [*before, early, late]
    assert timesheets.entries(project, TODAY + DAY) == [*before, early]
    assert timesheets.entries(project, TODAY) == before
    assert timesheets.entries(project, dt.date(2024, 1, 1)) == []


def test_hours_and_cost_are_those_of_the_entries_until_a_day(office, timesheets):
    project = office.project(PANELS).id
    building = office.task(BUILDING, PANELS).id
    office.book("building", hours="2.5", task=building)
    office.book("tomorrow", on=TODAY + DAY)
    office.book("elsewhere", task=office.task("Lighting design", LIGHTING).id)

    hours = timesheets.hours(project, TODAY)

    assert [task.id for task in office.erp.projects.tasks(project)] == list(hours)
    assert hours[office.task(SPECIFICATION, PANELS).id] == 4
    assert hours[building] == Decimal("2.5")
    assert sum(hours.values()) == Decimal("6.5")
    assert timesheets.cost(project, TODAY) == Money.of("258.50")  # 4 at 44.00, 2.5 at 33.00
    assert timesheets.cost(project, TODAY + DAY) == Money.of("324.50")
    assert timesheets.cost(project, dt.date(2024, 1, 1)) == Money.of("0.00")


def test_the_sample_company_has_worked_at_its_people_s_rates(embedded):
    for project in embedded.projects.open():
        for entry in embedded.timesheets.entries(project.id, TODAY):
            rate = embedded.labour_rates.labour_rate(entry.person, entry.on)
            assert entry.cost == (rate * entry.hours).rounded()
            assert entry.on < TODAY
