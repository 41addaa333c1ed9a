"""Tickets: the service desk."""

import datetime as dt
import re

import pytest

from tasks.adapters.company.files import rows
from tasks.erp_errors import Conflict, NotFound, Rejected
from tasks.messaging.contracts import Comment, Ticket, TicketDraft, TicketState

NEW, ASSIGNED, WAITING, RESOLVED = TicketState
NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)


@pytest.fixture
def desk(embedded):
    return embedded.tickets


@pytest.fixture
def customer(embedded):
    """A customer without tickets."""
    return embedded.customers.by_name("Rauman Robotiikka Oy")[0].id


@pytest.fixture
def person(embedded):
    return embedded.people.by_email("emma.wikstrom@pohjantukku.example").id


@pytest.fixture
def create(desk):
    """`create(key="a", due=NOON)`: open a ticket."""

    def create(key="a", **changes):
        given = {"title": "It hums", "text": "All day.", "requester": "a@b.example"}
        return desk.create(key, TicketDraft(**given | changes))

    return create


@pytest.fixture
def only(desk):
    """`only(tickets)`: the keys of those that the sample company has not."""
    known = {row["key"] for row in rows("tickets")}
    return lambda tickets: [ticket.key for ticket in tickets if ticket.key not in known]


def test_a_ticket_is_opened_as_it_was_drafted(desk, create, customer):
    said = {
        "title": "Ämpäri – vuotaa",
        "text": "Two\nlines",
        "customer": customer,
        "requester": "mari@raumanrobo.example",
        "priority": 1,
        "tags": {"fault", "ämpäri"},
        "due": NOON,
    }

    ticket = create(**said)

    assert {name: getattr(ticket, name) for name in said} == said
    assert (ticket.key, ticket.state, ticket.assignee) == ("a", NEW, None)
    assert ticket.opened_at.utcoffset() == dt.timedelta(0)
    assert re.fullmatch(r"ticket:\d+", ticket.id)
    assert desk.get(ticket.id) == desk.find("a") == ticket
    assert Ticket.model_validate_json(ticket.model_dump_json()) == ticket


def test_a_key_opens_one_ticket(desk, create):
    first = create()

    assert create(title="Another") == create(title="") == first
    assert desk.find("b") is None


def test_the_company_of_a_ticket_may_be_unknown_but_not_wrong(desk, create):
    assert create().customer is None
    for wrong in ("customer:999999", "person:1", "nobody"):
        with pytest.raises(NotFound, match=f"no customer has the id '{wrong}'"):
            create("b", customer=wrong)
    assert desk.find("b") is None


def test_what_cannot_be_a_ticket_opens_none(desk, create):
    with pytest.raises(Rejected, match=r"a ticket of 'a@b\.example' has no title"):
        create(title=" \n")
    with pytest.raises(Rejected, match="with its zone"):
        create(due=NOON.replace(tzinfo=None))

    assert desk.find("a") is None


def test_a_due_time_is_the_same_moment_in_any_zone(desk, create, only):
    east = dt.timezone(dt.timedelta(hours=3))
    ticket = create(due=NOON.astimezone(east))

    assert (ticket.due, ticket.due.utcoffset()) == (NOON, dt.timedelta(0))
    assert only(desk.open(due_before=NOON.astimezone(east))) == []
    assert only(desk.open(due_before=(NOON + dt.timedelta(seconds=1)).astimezone(east))) == ["a"]


def test_an_id_that_no_ticket_has_is_said_back(desk):
    verbs = (
        desk.get,
        desk.comments,
        lambda it: desk.change(it, "1", priority=1),
        lambda it: desk.comment("c", it, "hello", public=True),
    )

    for wrong in ("ticket:999999", "ticket:0", "person:1", ""):
        for verb in verbs:
            with pytest.raises(NotFound, match=f"no ticket has the id '{wrong}'"):
                verb(wrong)
    assert desk.find_comment("c") is None


def test_a_ticket_goes_all_its_ways(desk, create, person):
    ticket = create()

    for state in (ASSIGNED, WAITING, ASSIGNED, RESOLVED, ASSIGNED, WAITING, RESOLVED):
        given = {} if ticket.assignee else {"assignee": person}
        before, ticket = ticket, desk.change(ticket.id, ticket.version, state=state, **given)

        assert (ticket.state, ticket.assignee) == (state, person)
        assert ticket.version != before.version
        assert desk.get(ticket.id) == ticket


def test_a_move_that_a_ticket_has_not_changes_nothing(desk, create, person):
    ticket = create()

    for given, said in (
        (
            {"state": WAITING},
            "is new and cannot become waiting: it can become assigned or resolved",
        ),
        ({"state": ASSIGNED}, "cannot be assigned to nobody"),
        ({"state": WAITING, "assignee": person, "priority": 1}, "cannot become waiting"),
        ({"assignee": "person:999999"}, "nobody has the id 'person:999999'"),
        ({"assignee": ""}, "nobody has the id ''"),
        ({"priority": 0}, "0 is no priority of a ticket: give 1, the most urgent, to 5"),
        ({"due": NOON.replace(tzinfo=None)}, "with its zone"),
    ):
        with pytest.raises(Rejected, match=re.escape(said)):
            desk.change(ticket.id, ticket.version, **given)
    assert desk.get(ticket.id) == ticket


def test_a_new_ticket_with_an_assignee_is_assigned(desk, create, person):
    ticket = create()

    assert desk.change(ticket.id, ticket.version, assignee=person).state == ASSIGNED


def test_a_change_leaves_what_it_does_not_name(desk, create, customer, person):
    ticket = create(customer=customer, tags={"x"}, due=NOON, priority=4)

    later = NOON + dt.timedelta(hours=1)
    changed = desk.change(ticket.id, ticket.version, due=later)
    changed = desk.change(ticket.id, changed.version, assignee=person, priority=2)

    given = {"due": later, "assignee": person, "priority": 2, "state": ASSIGNED}
    assert changed == ticket.model_copy(update={**given, "version": changed.version})


def test_a_version_that_is_no_longer_there_is_a_conflict(desk, create, person):
    ticket = create()
    changed = desk.change(ticket.id, ticket.version, priority=1)

    for stale in (ticket.version, "", "7"):
        with pytest.raises(Conflict, match=f"no longer '{stale}': read it again"):
            desk.change(ticket.id, stale, assignee=person)
    assert desk.get(ticket.id) == changed


def test_what_changes_nothing_keeps_the_version(desk, create):
    ticket = create(due=NOON)

    for given in ({}, {"state": NEW, "priority": 3}, {"due": NOON}):
        assert desk.change(ticket.id, ticket.version, **given) == ticket


def test_what_is_open_comes_by_due_time_and_what_has_none_last(desk, create, only):
    hours = {"late": 3, "none": None, "early": 1, "same": 1, "middle": 2, "resolved": 0}
    for key, hour in hours.items():
        create(key, due=None if hour is None else NOON + dt.timedelta(hours=hour))
    resolved = desk.find("resolved")
    desk.change(resolved.id, resolved.version, state=RESOLVED)

    assert only(desk.open()) == ["early", "same", "middle", "late", "none"]
    assert only(desk.open(due_before=NOON + dt.timedelta(hours=2))) == ["early", "same"]
    with pytest.raises(Rejected, match="with its zone"):
        desk.open(due_before=NOON.replace(tzinfo=None))


def test_the_history_of_a_customer_is_the_latest_first(desk, create, customer):
    for key in "abc":
        create(key, customer=customer)
    create("another")
    middle = desk.find("b")
    desk.change(middle.id, middle.version, state=RESOLVED)

    assert [ticket.key for ticket in desk.history(customer)] == ["c", "b", "a"]
    assert [ticket.key for ticket in desk.history(customer, limit=2)] == ["c", "b"]
    for nobody in ("customer:999999", "nobody", ""):
        assert desk.history(nobody) == []


def test_the_load_counts_what_is_not_resolved(desk, create, person):
    before = desk.load()
    assert person not in before

    for key in "abc":
        ticket = create(key)
        ticket = desk.change(ticket.id, ticket.version, assignee=person)
    create("nobody has it")
    desk.change(ticket.id, ticket.version, state=WAITING)
    resolved = desk.find("a")
    desk.change(resolved.id, resolved.version, state=RESOLVED)

    assert desk.load() == before | {person: 2}


def test_what_is_said_stays_said(desk, create):
    ticket = create()

    said = [
        desk.comment("c1", ticket.id, "Look – twice", public=True),
        desk.comment("c2", ticket.id, "", public=False),
    ]

    assert [(one.text, one.public) for one in said] == [("Look – twice", True), ("", False)]
    assert said[0].ticket == ticket.id
    assert said[0].written_at.utcoffset() == dt.timedelta(0)
    assert desk.comments(ticket.id) == said
    assert desk.get(ticket.id) == ticket
    assert Comment.model_validate_json(said[0].model_dump_json()) == said[0]


def test_a_key_says_one_thing(desk, create):
    ticket, other = create(), create("b")
    first = desk.comment("c", ticket.id, "one", public=True)

    for it in (ticket.id, other.id):
        assert desk.comment("c", it, "two", public=False) == first
    assert desk.find_comment("c") == first
    assert desk.find_comment("d") is None
    assert desk.comments(other.id) == []


def test_a_ticket_may_have_documents(embedded, create):
    ticket = create()
    attach = embedded.documents.attach

    kept = attach("p", ticket.id, name="a.jpg", media_type="image/jpeg", content=b"1")

    assert embedded.documents.attached_to(ticket.id) == [kept]
    with pytest.raises(NotFound, match="no ticket has the id 'ticket:999999'"):
        attach("q", "ticket:999999", name="a.jpg", media_type="image/jpeg", content=b"1")


def test_the_sample_company_has_work_from_the_first_day(embedded, desk):
    now = dt.datetime.now(dt.UTC)
    waiting = desk.open()

    assert {ticket.state for ticket in waiting} == {NEW, ASSIGNED, WAITING}
    assert len(desk.open(due_before=now)) == 1
    assert len(desk.load()) == 5
    assert all((ticket.assignee is None) == (ticket.state == NEW) for ticket in waiting)
    again = embedded.customers.by_name("Nordlund Rakennus Oy")[0].id
    assert [ticket.state for ticket in desk.history(again)] == [NEW, RESOLVED]
    assert [one.public for one in desk.comments(desk.find("desk-0001").id)] == [True, False]
