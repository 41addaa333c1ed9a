"""Projects: their plan, and what of them is invoiced."""

import datetime as dt
from contextlib import closing
from decimal import Decimal

import pytest

from tasks.accounting import AccountKind, balance, is_balanced
from tasks.adapters import ERPFactory
from tasks.adapters.company.files import rows
from tasks.adapters.embedded.invoicing import journal
from tasks.adapters.embedded.sql.database import Database
from tasks.billing.contracts import InvoiceDraftLine, InvoiceState
from tasks.erp_errors import NotFound, Rejected
from tasks.scheduling.contracts import Project, ProjectInvoice, ProjectTask
from tasks.values import Money, Quantity
from tests.contracts.project_office import (
    LIGHTING,
    PANELS,
    TODAY,
    ProjectOffice,
)

MONDAY = dt.datetime(2026, 12, 7, 8, 0, tzinfo=dt.timezone(dt.timedelta(hours=2)))
NOTHING = Money.of("0.00")
#: what of the lighting is complete
DESIGN, FIRST_HALF = "Lighting design approved", "First half of the hall lit"


@pytest.fixture
def office(embedded):
    return ProjectOffice(embedded)


@pytest.fixture
def projects(embedded):
    return embedded.projects


@pytest.fixture
def books(embedded):
    return embedded.receivables


def is_invoiced(office, name=DESIGN):
    return office.task(name).invoiced


def test_open_projects_come_by_name_without_the_closed_ones(embedded, office):
    names = [project.name for project in embedded.projects.open()]

    assert names == sorted(row["name"] for row in rows("projects") if row["open"])
    closed = office.closed()
    assert not closed.open
    assert closed.name not in names


def test_a_project_says_for_whom_it_is_and_who_answers_for_it(embedded, office):
    project = office.project()

    assert embedded.customers.get(project.customer).name == "Merituuli Telakka Oy"
    assert embedded.people.get(project.lead).name == "Saara Niemi"
    assert office.closed().customer is None


def test_tasks_come_in_the_order_of_the_plan_with_who_works_on_them_and_what_must_end_first(
    embedded, office
):
    tasks = embedded.projects.tasks(office.project().id)

    known = [row for row in rows("project_tasks") if row["project"] == "MER"]
    assert [task.name for task in tasks] == [row["name"] for row in known]
    by_name = {task.name: task for task in tasks}
    first = by_name[FIRST_HALF]
    assert first.after == tuple(
        by_name[n].id for n in ("Rails and cable ladders", "Distribution boards")
    )
    people = {embedded.people.get(one.person).name: one.percent for one in first.people}
    assert people == {"Jukka Peltonen": 100, "Olli Mattila": 50}
    assert (first.milestone, first.price, first.done) == (True, Money.of("16900.00"), 1)
    assert by_name["Luminaires in the second half"].done == Decimal("0.3")
    assert by_name["Measured and handed over"].start is None


def test_what_is_told_of_a_project_travels_as_json(office, projects):
    project = office.project()

    assert Project.model_validate_json(project.model_dump_json()) == project
    for task in projects.tasks(project.id):
        assert ProjectTask.model_validate_json(task.model_dump_json()) == task
    made = projects.invoice("k", project.id)
    assert ProjectInvoice.model_validate_json(made.model_dump_json()) == made


def test_a_task_is_placed_at_a_time_and_taken_off_again(office, projects):
    task = office.task("Measured and handed over")

    placed = projects.place(task.id, MONDAY)

    assert placed == task.model_copy(update={"start": MONDAY}) == projects.place(task.id, MONDAY)
    assert office.task(task.name) == placed
    assert projects.unplace(task.id) == task == projects.unplace(task.id)


def test_a_start_without_a_zone_is_refused(embedded, office):
    task = office.task("Measured and handed over")

    with pytest.raises(Rejected, match="no time zone"):
        embedded.projects.place(task.id, MONDAY.replace(tzinfo=None))


def test_what_is_complete_is_not_planned_any_more(embedded, office):
    task = office.task(DESIGN)

    with pytest.raises(Rejected, match=f"{DESIGN}.*is complete"):
        embedded.projects.place(task.id, MONDAY)
    with pytest.raises(Rejected, match=f"{DESIGN}.*is complete"):
        embedded.projects.unplace(task.id)

    assert office.task(DESIGN) == task


def test_a_task_is_complete_when_all_is_that_must_end_first(office, projects):
    luminaires, handover = (
        office.task(name) for name in ("Luminaires in the second half", "Measured and handed over")
    )

    with pytest.raises(Rejected, match=rf"before task '{luminaires.name}' \({luminaires.id}\)"):
        projects.complete(handover.id)
    assert office.task(handover.name) == handover

    assert projects.complete(luminaires.id).done == 1
    done = projects.complete(handover.id)
    assert (
        done == handover.model_copy(update={"done": Decimal(1)}) == projects.complete(handover.id)
    )


def test_a_reopened_task_is_as_far_as_it_was_before(office, projects):
    task = office.task("Luminaires in the second half")
    projects.complete(task.id)

    assert projects.reopen(task.id) == task == projects.reopen(task.id)


def test_what_is_complete_and_not_invoiced_is_to_be_invoiced(office, projects):
    project = office.project().id

    assert projects.to_invoice(project) == Money.of("21100.00")
    projects.reopen(office.task(DESIGN).id)
    assert projects.to_invoice(project) == Money.of("16900.00")
    projects.invoice("k", project)
    assert projects.to_invoice(project) == NOTHING


def test_an_invoice_of_a_project_is_a_draft_that_billing_finds(office, projects, books):
    project = office.project()

    made = projects.invoice("k", project.id)

    assert (made.key, made.project, made.net) == ("k", project.id, Money.of("21100.00"))
    assert made.tasks == tuple(office.task(name).id for name in (DESIGN, FIRST_HALF))
    draft = books.get(made.id)
    assert draft == books.find("k")
    assert (draft.state, draft.customer, draft.origin) == (
        InvoiceState.DRAFT,
        project.customer,
        project.id,
    )
    assert [(line.text, line.amount) for line in draft.lines] == [
        (f"{LIGHTING}: {DESIGN}", Money.of("4200.00")),
        (f"{LIGHTING}: {FIRST_HALF}", Money.of("16900.00")),
    ]
    assert (draft.net, draft.tax) == (made.net, Money.of("5380.50"))
    assert is_invoiced(office, DESIGN)
    assert is_invoiced(office, FIRST_HALF)


def test_a_key_invoices_once_and_is_found_whatever_became_of_the_draft(office, projects, books):
    project, other = office.project().id, office.project(PANELS).id
    made = projects.invoice("k", project)

    assert projects.find("k") == made == projects.invoice("k", project)
    assert projects.invoice("k", other) == made
    books.cancel(made.id)
    assert projects.find("k") == made == projects.invoice("k", project)
    assert projects.find("another") is None


def test_a_task_is_invoiced_once_whatever_the_keys(office, projects):
    project = office.project().id
    first = projects.invoice("k", project)

    assert projects.invoice("another", project) is None
    assert projects.find("another") is None

    projects.complete(office.task("Luminaires in the second half").id)
    last = projects.complete(office.task("Measured and handed over").id)
    second = projects.invoice("another", project)
    assert (second.tasks, second.net) == ((last.id,), Money.of("13400.00"))
    assert not set(second.tasks) & set(first.tasks)


def test_what_was_on_a_cancelled_draft_is_invoiced_again(office, projects, books):
    project = office.project().id
    first = projects.invoice("k", project)

    books.cancel(first.id)

    assert not is_invoiced(office)
    assert projects.to_invoice(project) == first.net
    again = projects.invoice("again", project)
    assert (again.tasks, again.net) == (first.tasks, first.net)
    assert again.id != first.id
    assert is_invoiced(office)


def test_what_was_on_a_credited_invoice_is_invoiced_again(office, projects, books):
    project = office.project().id
    first = projects.invoice("k", project)
    books.post(first.id, TODAY)
    assert projects.invoice("too early", project) is None

    books.credit("credit", first.id, TODAY)

    again = projects.invoice("again", project)
    assert again.tasks == first.tasks
    assert books.post(again.id, TODAY).state == InvoiceState.POSTED
    assert projects.invoice("no more", project) is None


def test_what_is_paid_is_not_invoiced_again(office, projects, books):
    invoice = books.post(office.invoiced().id, TODAY)

    books.pay("payment", invoice.id, invoice.total, on=TODAY)

    assert is_invoiced(office)
    assert projects.invoice("another", office.project().id) is None


def test_an_invoiced_task_is_reopened_when_its_invoice_counts_no_more(office, projects, books):
    invoice, task = office.invoiced().id, office.task(DESIGN).id
    with pytest.raises(Rejected, match=f"{DESIGN}.*is invoiced.*credit its invoice first"):
        projects.reopen(task)
    books.post(invoice, TODAY)
    with pytest.raises(Rejected, match=f"{DESIGN}.*is invoiced"):
        projects.reopen(task)

    books.credit("credit", invoice, TODAY)

    assert projects.reopen(task).done == 0


def test_a_project_without_a_customer_is_not_invoiced(embedded, office):
    closed = office.closed()

    with pytest.raises(Rejected, match=rf"'{closed.name}' \({closed.id}\) has no customer"):
        embedded.projects.invoice("k", closed.id)

    assert embedded.projects.find("k") is None


def test_of_a_project_with_nothing_complete_nothing_is_invoiced(office, projects, books):
    project = office.project(PANELS).id

    assert projects.to_invoice(project) == NOTHING
    assert projects.invoice("k", project) is None
    assert books.find("k") is None
    # The key made nothing, so it is free.
    assert projects.invoice("k", office.project().id).project == office.project().id


def test_a_key_of_another_invoice_is_refused(office, projects, books):
    project = office.project()
    line = InvoiceDraftLine(
        text="Consulting",
        quantity=Quantity(amount=Decimal(1), unit="h"),
        unit_price=Money.of(80),
        tax_rate=Decimal("25.5"),
    )
    books.draft("k", project.customer, [line], on=TODAY)

    with pytest.raises(Rejected, match="'k' made an invoice that is no project's"):
        projects.invoice("k", project.id)

    assert not is_invoiced(office)


def test_ids_that_nothing_has_are_said_back(embedded):
    for call in (
        embedded.projects.get,
        embedded.projects.tasks,
        embedded.projects.to_invoice,
        lambda project: embedded.projects.invoice("k", project),
    ):
        with pytest.raises(NotFound, match="no project has the id 'project:999999'"):
            call("project:999999")
    for call in (
        lambda task: embedded.projects.place(task, MONDAY),
        embedded.projects.unplace,
        embedded.projects.complete,
        embedded.projects.reopen,
    ):
        with pytest.raises(NotFound, match="no task has the id 'task:999999'"):
            call("task:999999")


def test_a_project_has_documents_and_an_unknown_one_has_not(embedded, office):
    def attach(record):
        return embedded.documents.attach(
            record, record, name="a.pdf", media_type="application/pdf", content=b"drawing"
        )

    assert attach(office.project().id).record == office.project().id
    with pytest.raises(NotFound, match="'project:999999'"):
        attach("project:999999")


def test_the_books_balance_after_a_project_s_invoice_is_posted_paid_or_credited(company_url):
    with closing(ERPFactory(url=f"sqlalchemy+{company_url}").connect()) as erp:
        invoice = erp.receivables.post(ProjectOffice(erp).invoiced().id, TODAY)
        postings = erp.receivables.postings(invoice.id)
        erp.receivables.credit("credit", invoice.id, TODAY)

    assert is_balanced(postings)
    assert balance(postings, AccountKind.RECEIVABLE) == invoice.total == Money.of("26480.50")
    assert balance(postings, AccountKind.REVENUE) == Money.of("-21100.00")
    with closing(Database(company_url)) as database, database.reading() as connection:
        whole = journal.all_postings(connection)
    assert is_balanced(whole)
    assert balance(whole, AccountKind.RECEIVABLE) == NOTHING == balance(whole, AccountKind.REVENUE)
