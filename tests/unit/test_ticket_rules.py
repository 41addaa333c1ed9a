"""The moves of a ticket: those in the drawing and no others."""

import datetime as dt

import pytest

from tasks.adapters.rules.tickets import MOST_URGENT, TARGETS, check_priority, moved
from tasks.erp_errors import Rejected
from tasks.messaging.contracts import Ticket, TicketDraft, TicketState

NEW, ASSIGNED, WAITING, RESOLVED = TicketState
DRAWN = {
    (NEW, ASSIGNED),
    (NEW, RESOLVED),
    (ASSIGNED, WAITING),
    (ASSIGNED, RESOLVED),
    (WAITING, ASSIGNED),
    (WAITING, RESOLVED),
    (RESOLVED, ASSIGNED),
}
UNDRAWN = [
    (source, target)
    for source in TicketState
    for target in TicketState
    if source != target and (source, target) not in DRAWN
]


def ticket(state, assignee="person:1"):
    return Ticket(
        id="ticket:7",
        key="k",
        title="t",
        text="",
        requester="a@b.example",
        state=state,
        assignee=assignee,
        opened_at=dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC),
        version="1",
    )


def test_the_moves_are_those_that_are_drawn():
    assert {(source, target) for source in TARGETS for target in TARGETS[source]} == DRAWN
    for source, target in DRAWN:
        assert moved(ticket(source), None, target) is target


@pytest.mark.parametrize(("source", "target"), UNDRAWN)
def test_another_move_is_refused_with_the_way_out(source, target):
    with pytest.raises(
        Rejected, match=f"'ticket:7' is {source} and cannot become {target}: it can become"
    ) as refused:
        moved(ticket(source), None, target)

    assert all(way in str(refused.value) for way in TARGETS[source])


@pytest.mark.parametrize("state", TicketState)
def test_a_ticket_may_stay_what_it_is(state):
    assert moved(ticket(state), None, state) is state
    assert moved(ticket(state), None, None) is state


def test_who_is_given_a_new_ticket_has_it():
    assert moved(ticket(NEW, None), "person:1", None) is ASSIGNED
    assert moved(ticket(NEW, None), "person:1", RESOLVED) is RESOLVED
    assert moved(ticket(WAITING), "person:2", None) is WAITING


@pytest.mark.parametrize("source", [NEW, RESOLVED])
def test_nobody_cannot_be_assigned(source):
    with pytest.raises(Rejected, match="to nobody: name an assignee"):
        moved(ticket(source, None), None, ASSIGNED)

    assert moved(ticket(source, None), "person:1", ASSIGNED) is ASSIGNED


def test_priorities_are_those_of_a_draft():
    for priority in range(-1, 8):
        try:
            TicketDraft(title="t", text="", requester="", priority=priority)
        except ValueError:
            with pytest.raises(Rejected, match=f"{priority} is no priority.*give {MOST_URGENT}"):
                check_priority(priority)
        else:
            check_priority(priority)
