"""LabourRates: what an hour of a person cost on a day."""

import datetime as dt

import pytest

from tasks.erp_errors import NotFound
from tasks.values import Money


@pytest.mark.parametrize(
    ("on", "rate"),
    [
        ("2024-01-01", "31.50"),
        ("2025-12-31", "31.50"),
        ("2026-01-01", "33.00"),
        ("2099-01-01", "33"),
    ],
)
def test_a_rate_holds_from_its_day_until_the_next_one(workshop, on, rate):
    cost = workshop.erp.labour_rates.labour_rate(workshop.worker().id, dt.date.fromisoformat(on))

    assert cost == Money.of(rate)


def test_before_the_first_rate_there_is_none(workshop):
    with pytest.raises(NotFound, match="no labour rate yet on 2023-12-31"):
        workshop.erp.labour_rates.labour_rate(workshop.worker().id, dt.date(2023, 12, 31))


def test_everybody_who_works_here_has_one(workshop):
    rates = [
        workshop.erp.labour_rates.labour_rate(person.id, dt.date(2026, 12, 1)).amount
        for person in workshop.erp.people.all()
    ]

    assert min(rates) > 0


def test_an_id_that_nobody_has_is_said_back(workshop):
    with pytest.raises(NotFound, match="'person:999999'"):
        workshop.erp.labour_rates.labour_rate("person:999999", dt.date(2026, 12, 1))
