"""Scheduling's step: somebody answers for an offer, if anybody can."""

import pytest

from orchestrator import Attempt
from tasks.scheduling.steps import find_salesperson
from tasks.values import Customer, Person
from tests.fakes import FakePeople

CUSTOMER = Customer(id="c1", code="C1", name="Virtanen Pumput Oy")
AINO = Person(id="a", name="Aino")
EMMA = Person(id="e", name="Emma", skills=frozenset({"inside sales"}))


@pytest.fixture
def attempt():
    return Attempt(run_id="run", step="find_salesperson", number=1)


def test_who_looks_after_the_customer_answers_for_the_offer(attempt):
    people = FakePeople([AINO, EMMA], {"c1": "a"})

    assert find_salesperson(CUSTOMER, people, attempt) == AINO
    assert attempt.warnings == []


def test_inside_sales_stands_in_and_the_run_says_so(attempt):
    assert find_salesperson(CUSTOMER, FakePeople([AINO, EMMA]), attempt) == EMMA
    assert attempt.warnings == ["nobody looks after Virtanen Pumput Oy: Emma stands in"]


def test_an_offer_may_name_nobody(attempt):
    assert find_salesperson(CUSTOMER, FakePeople([AINO]), attempt) is None
    assert attempt.warnings == ["nobody looks after Virtanen Pumput Oy: the offer names nobody"]
