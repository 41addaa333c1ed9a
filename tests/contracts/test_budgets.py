"""Budgets: what a project may cost, and what it has cost."""

import datetime as dt
from contextlib import closing

import pytest

from tasks.accounting import AccountKind, balance, is_balanced
from tasks.adapters import ERPFactory
from tasks.adapters.embedded.invoicing import journal
from tasks.adapters.embedded.projects.cost_kinds import CostKind, ProjectCost
from tasks.adapters.embedded.sql.database import Database
from tasks.erp_errors import NotFound, Rejected
from tasks.scheduling.contracts import Budget, ProjectCosts
from tasks.values import Money
from tests.contracts.project_office import LIGHTING, PANELS, TODAY, ProjectOffice, costs

DAY = dt.timedelta(days=1)
MATERIAL, OTHER = CostKind


@pytest.fixture
def office(embedded):
    return ProjectOffice(embedded)


@pytest.fixture
def budgets(embedded):
    return embedded.budgets


@pytest.fixture
def panels(office):
    """A project with four hours booked, and nothing bought."""
    return office.project(PANELS).id


def buy(budgets, project, amount="80.00", key="c", kind=MATERIAL, on=TODAY):
    return budgets.book_cost(key, project, kind, Money.of(amount), on=on, text="Terminals")


def test_a_budget_is_what_was_allotted_last(budgets, panels):
    first = budgets.allot("a", panels, costs("3000", "4000", "500.50"))
    assert (first.key, first.project) == ("a", panels)
    assert budgets.planned(panels) == first.planned == costs("3000", "4000", "500.50")
    assert first.planned.total == Money.of("7500.50")

    second = budgets.allot("b", panels, costs("1", "2"))

    assert budgets.planned(panels) == second.planned == costs("1", "2")
    assert (budgets.find("a"), budgets.find("b")) == (first, second)


def test_a_key_that_comes_late_does_not_bring_an_older_budget_back(budgets, panels):
    first = budgets.allot("a", panels, costs("1"))
    budgets.allot("b", panels, costs("2"))

    assert budgets.allot("a", panels, costs("3")) == first
    assert budgets.planned(panels) == costs("2")
    assert budgets.find("c") is None


def test_budget_and_costs_travel_as_json(budgets, panels):
    budget, cost = budgets.allot("a", panels, costs("1", "2", "3.45")), buy(budgets, panels)
    actual = budgets.actual(panels, TODAY)

    assert Budget.model_validate_json(budget.model_dump_json()) == budget
    assert ProjectCosts.model_validate_json(actual.model_dump_json()) == actual
    assert ProjectCost.model_validate_json(cost.model_dump_json()) == cost


def test_where_nothing_was_allotted_there_is_no_budget(embedded, office):
    assert embedded.budgets.planned(office.closed().id) is None


@pytest.mark.parametrize(
    ("planned", "sentence"),
    [
        (costs("-0.01"), "-0.01 EUR cannot be allotted for labour"),
        (costs("1", "-5"), "-5 EUR cannot be allotted for material"),
        (
            costs("1").model_copy(update={"other": Money.of(1, "SEK")}),
            "1 SEK cannot be allotted for other: the project's books are in EUR",
        ),
    ],
)
def test_an_amount_that_is_none_of_a_budget_is_refused_and_the_old_one_stays(
    embedded, office, planned, sentence
):
    panels = office.project(PANELS).id
    before = embedded.budgets.planned(panels)

    with pytest.raises(Rejected, match=sentence):
        embedded.budgets.allot("a", panels, planned)

    assert embedded.budgets.planned(panels) == before
    assert embedded.budgets.find("a") is None


def test_a_project_that_there_is_not_is_said_back(embedded):
    for call in (
        embedded.budgets.planned,
        lambda project: embedded.budgets.allot("a", project, costs("1")),
        lambda project: embedded.budgets.actual(project, TODAY),
        lambda project: buy(embedded.budgets, project),
        embedded.budgets.postings,
    ):
        with pytest.raises(NotFound, match="no project has the id 'project:999999'"):
            call("project:999999")


def test_labour_is_what_the_timesheets_say_until_a_day(embedded, office, budgets, panels):
    entry = office.book(hours="2", on=TODAY + DAY)

    assert budgets.actual(panels, TODAY) == costs("176.00", "0.00", "0.00")
    assert budgets.actual(panels, TODAY + DAY).labour == Money.of("242.00")
    assert budgets.actual(panels, TODAY + DAY).labour == embedded.timesheets.cost(
        panels, TODAY + DAY
    )
    embedded.timesheets.unbook(entry.id)
    assert budgets.actual(panels, TODAY + DAY).labour == Money.of("176.00")


def test_what_is_bought_for_a_project_is_in_its_cost_until_a_day(budgets, panels):
    buy(budgets, panels, "80.00", "a")
    buy(budgets, panels, "20.05", "b", on=TODAY + DAY)
    buy(budgets, panels, "64.20", "c", OTHER)
    buy(budgets, panels, "-30.00", "d")  # a supplier took some back

    assert budgets.actual(panels, TODAY) == costs("176.00", "50.00", "64.20")
    assert budgets.actual(panels, TODAY + DAY) == costs("176.00", "70.05", "64.20")
    assert budgets.actual(panels, TODAY - DAY).material == Money.of("0.00")


def test_what_is_bought_is_owed_to_who_sold_it(budgets, panels):
    cost = buy(budgets, panels)
    assert (cost.key, cost.project, cost.kind) == ("c", panels, MATERIAL)
    assert (cost.amount, cost.on, cost.text) == (Money.of("80.00"), TODAY, "Terminals")
    buy(budgets, panels, "-30.00", "back")

    postings = budgets.postings(panels)

    assert is_balanced(postings)
    assert len(postings) == 4
    assert balance(postings, AccountKind.COST_OF_SALES) == Money.of("50.00")
    assert balance(postings, AccountKind.PAYABLE) == Money.of("-50.00")


def test_a_key_buys_once_and_is_found(budgets, panels):
    cost = buy(budgets, panels)

    assert buy(budgets, panels, "99.00", kind=OTHER) == cost == budgets.find_cost("c")
    assert budgets.find_cost("another") is None
    assert len(budgets.postings(panels)) == 2


@pytest.mark.parametrize(
    ("amount", "sentence"),
    [
        (Money.of("0.00"), "cannot cost 0.00 EUR"),
        (Money.of("0.005"), "give whole cents"),
        (Money.of("10.00", "SEK"), "this ERP books in EUR"),
    ],
)
def test_what_cannot_be_booked_is_refused_and_books_nothing(embedded, office, amount, sentence):
    panels = office.project(PANELS).id
    with pytest.raises(Rejected, match=sentence):
        embedded.budgets.book_cost("c", panels, OTHER, amount, on=TODAY, text="Travel")

    assert embedded.budgets.postings(panels) == []
    assert embedded.budgets.find_cost("c") is None


def test_the_sample_company_has_a_project_whose_material_costs_more_than_planned(embedded, office):
    lighting = office.project(LIGHTING).id

    planned, actual = embedded.budgets.planned(lighting), embedded.budgets.actual(lighting, TODAY)

    assert actual.material == Money.of("15745.40")
    assert actual.material.amount > planned.material.amount
    assert actual.total.amount < planned.total.amount


def test_the_whole_ledger_says_what_was_bought_for_all_projects(company_url):
    with closing(ERPFactory(url=f"sqlalchemy+{company_url}").connect()) as erp:
        office = ProjectOffice(erp)
        buy(erp.budgets, office.project(PANELS).id)
        projects = [*erp.projects.open(), office.closed()]
        known = [erp.budgets.actual(project.id, TODAY) for project in projects]

    with closing(Database(company_url)) as database, database.reading() as connection:
        assert is_balanced(journal.all_postings(connection))
        booked = journal.balance(connection, journal.Account.PROJECTS)
    assert booked == sum(cost.material.amount + cost.other.amount for cost in known)
