"""CustomerRepository."""

import re

import pytest

from tasks.erp_errors import NotFound


def names(found):
    return [customer.name for customer in found]


def test_a_customer_is_found_again_by_its_id(erp, customer):
    assert erp.customers.get(customer.id) == customer


@pytest.mark.parametrize(
    "nobody",
    [
        "customer:999999",
        f"customer:{10**20}",
        "customer:x",
        "customer:²",
        "offer:1",
        "customer:01",
        "",
    ],
)
def test_an_id_that_nobody_has_is_said_back(erp, nobody):
    with pytest.raises(NotFound, match=re.escape(repr(nobody))):
        erp.customers.get(nobody)


def test_an_address_finds_its_customer_in_any_case(erp):
    found = erp.customers.by_email("Jari.Koskinen@KoskisenSahko.example")

    assert names(found) == ["Koskisen Sähkö Oy"]


def test_an_address_nobody_has_finds_nobody(erp):
    assert erp.customers.by_email("stranger@koskisensahko.example") == []


def test_a_domain_finds_all_that_share_it(erp):
    found = erp.customers.by_domain("AurinkoGroup.example")

    assert names(found) == ["Aurinko Group Oy", "Aurinko Energia Oy", "Aurinko Logistiikka Oy"]


def test_the_end_of_a_domain_is_not_the_domain(erp):
    assert erp.customers.by_domain("group.example") == []


def test_a_part_of_a_name_finds_all_that_have_it(erp):
    assert names(erp.customers.by_name("nordlund")) == [
        "Nordlund Rakennus Oy",
        "Nordlund Kiinteistöt Oy",
    ]


def test_case_does_not_matter_beyond_ascii(erp):
    assert names(erp.customers.by_name("KIINTEISTÖT")) == ["Nordlund Kiinteistöt Oy"]


def test_no_more_are_found_than_asked_for(erp):
    assert len(erp.customers.by_name("Oy", limit=3)) == 3


@pytest.mark.parametrize("wildcard", ["%", "_", "Nordlund%Oy"])
def test_wildcards_of_sql_mean_nothing(erp, wildcard):
    assert erp.customers.by_name(wildcard) == []


def test_a_vat_number_is_found_however_it_is_written(erp, customer):
    spaced = f"{customer.vat[:2]} {customer.vat[2:6]}-{customer.vat[6:].lower()}"

    assert erp.customers.by_vat(spaced) == [customer]


def test_no_vat_number_finds_nobody(erp):
    assert erp.customers.by_vat(" - ") == []
