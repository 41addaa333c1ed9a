"""PersonRepository."""

import pytest

from tasks.erp_errors import NotFound


def test_a_person_is_found_by_id_and_by_address(erp):
    person = erp.people.all()[0]

    assert erp.people.get(person.id) == person
    assert erp.people.by_email(person.email.upper()) == person


def test_nobody_is_found_by_a_strange_address(erp):
    assert erp.people.by_email("stranger@nowhere.example") is None


def test_an_id_that_nobody_has_is_said_back(erp):
    with pytest.raises(NotFound, match="'person:999999'"):
        erp.people.get("person:999999")


def test_everybody_comes_by_name(erp):
    everybody = [person.name for person in erp.people.all()]

    assert everybody == sorted(everybody)
    assert len(everybody) >= 6


def test_a_customer_has_a_salesperson(erp, customer):
    found = erp.people.salesperson_of(customer.id)

    assert found.name == "Aino Virtanen"
    assert found.skills == {"key accounts", "fasteners"}


def test_some_customers_have_none(erp):
    lodge = erp.customers.by_name("Tunturin Majatalo")[0]

    assert erp.people.salesperson_of(lodge.id) is None


def test_an_unknown_customer_has_none(erp):
    assert erp.people.salesperson_of("customer:999999") is None
