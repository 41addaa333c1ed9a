"""The values of the contracts: the same after a journey as JSON, and of one mind."""

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tasks.accounting import AccountKind, Posting, balance, is_balanced
from tasks.billing import contracts as billing
from tasks.billing.contracts import InvoiceDraftLine, InvoiceLine
from tasks.inventory import contracts as inventory
from tasks.inventory.contracts import (
    BillOperation,
    CheckPoint,
    Material,
    ProductionCost,
    ProductionOrder,
    ProductionState,
    Reservation,
    Scrap,
)
from tasks.messaging import contracts as messaging
from tasks.messaging.contracts import Attachment, Channel, Mail, OutgoingMessage, Ticket
from tasks.scheduling import contracts as scheduling
from tasks.scheduling.contracts import Allocation, ProjectCosts, ProjectTask
from tasks.values import Money, Quantity, Value, Wanted

DAY = dt.date(2026, 3, 2)
NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
EUR = Money.of
AMOUNTS = st.decimals(-(10**12), 10**12, places=4)


def pcs(amount):
    return Quantity(amount=Decimal(amount), unit="pcs")


def posting(kind, debit="0", credit="0", currency="EUR"):
    return Posting(
        date=DAY,
        account="1000",
        kind=kind,
        text="bolts",
        debit=Money.of(debit, currency),
        credit=Money.of(credit, currency),
        document="delivery:1",
    )


def order(**changes):
    return ProductionOrder(
        id="production:1",
        number="PO-2026-00001",
        key="run:order",
        state=ProductionState.RUNNING,
        product="product:1",
        quantity=pcs("10"),
        start=DAY,
        due=DAY,
        materials=(
            Material(product="product:2", planned=pcs("20"), reserved=pcs("0"), consumed=pcs("20")),
        ),
        **changes,
    )


def reservation(*, complete, missing=()):
    return Reservation(document="d", complete=complete, reserved=(), missing=missing)


def sms(**changes):
    return OutgoingMessage(
        **{"channel": Channel.SMS, "to": ("+358401234567",), "text": "hello"} | changes
    )


VALUES = [
    posting(AccountKind.STOCK, credit="0.10"),
    order(scrapped=(Scrap(key="k", quantity=pcs("1"), reason="cracked"),)),
    reservation(complete=False, missing=(Wanted(product="p", quantity=pcs("1")),)),
    ProductionCost(order="o", material=EUR("114.68"), labour=EUR(210), total=EUR("324.68")),
    InvoiceLine(
        text="bolts", quantity=pcs("3"), unit_price=EUR("0.3333"), tax_rate=Decimal("25.5"),
        amount=EUR("1.00"),
    ),
    ProjectTask(
        id="t", project="p", name="design", effort_hours=Decimal("7.5"), done=Decimal("0.5"),
        milestone=True, people=(Allocation(person="person:1", percent=Decimal(50)),), start=NOON,
        due=DAY, price=EUR(2500),
    ),
    Mail(key="<1@x.example>", uid="7", raw=bytes(range(256))),
    OutgoingMessage(
        channel=Channel.EMAIL, to=("a@b.example",), subject="s", text="t",
        attachments=(Attachment(name="a.bin", media_type="application/pdf", content=b"\xff\x00"),),
    ),
    Ticket(
        id="ticket:1", key="k", title="t", text="x", requester="a@b.example",
        tags=frozenset({"b", "a"}), due=NOON, state="new", assignee=None, opened_at=NOON,
        version="1",
    ),
]  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_a_value_comes_back_from_json_as_it_went_in(value):
    assert type(value).model_validate_json(value.model_dump_json()) == value


@pytest.mark.parametrize("domain", [billing, inventory, messaging, scheduling])
def test_every_model_of_a_contract_is_a_frozen_value(domain):
    models = [kind for kind in vars(domain).values() if hasattr(kind, "model_config")]

    assert models
    assert [m for m in models if not issubclass(m, Value) or not m.model_config["frozen"]] == []


@given(AMOUNTS, AMOUNTS)
def test_a_quantity_that_is_added_can_be_taken_away(one, other):
    start, more = Quantity(amount=one, unit="m"), Quantity(amount=other, unit="m")

    assert start + more - more == start


def test_two_units_are_not_added():
    with pytest.raises(ValueError, match="1 pcs and 2 m have two units"):
        pcs("1") + Quantity(amount=Decimal(2), unit="m")


def test_what_is_scrapped_is_not_among_the_good():
    scrapped = tuple(Scrap(key=key, quantity=pcs("2"), reason="cracked") for key in "ab")

    assert order().good == pcs("10")
    assert order(scrapped=scrapped).good == pcs("6")


def test_an_operation_takes_its_setup_once():
    milling = BillOperation(
        name="mill", work_centre="w", setup_hours=Decimal("0.5"), hours=Decimal("0.1")
    )

    assert milling.hours_for(pcs("20")) == Decimal("2.5")


@pytest.mark.parametrize("complete", [True, False])
def test_a_reservation_does_not_contradict_itself(complete):
    missing = (Wanted(product="p", quantity=pcs("1")),) if complete else ()

    with pytest.raises(ValidationError, match="complete is"):
        reservation(complete=complete, missing=missing)


def test_a_cost_is_the_sum_of_its_parts():
    with pytest.raises(ValidationError, match="do not make 3 EUR"):
        ProductionCost(order="o", material=EUR(1), labour=EUR(1), total=EUR(3))


def test_a_budget_adds_up():
    costs = ProjectCosts(labour=EUR(576), material=EUR("0.50"), other=EUR(0))

    assert costs.total == EUR("576.50")


@pytest.mark.parametrize(
    ("value", "passes"),
    [("9.99", False), ("10", True), ("10.5", True), ("11", True), ("11.01", False)],
)
def test_the_limits_of_a_check_point_are_still_good(value, passes):
    point = CheckPoint(name="length", unit="mm", low=Decimal(10), high=Decimal(11))

    assert point.passes(Decimal(value)) is passes


def test_a_check_point_may_have_one_limit_or_none():
    assert CheckPoint(name="hardness", low=Decimal(40)).passes(Decimal(1000))
    assert not CheckPoint(name="scratches", high=Decimal(0)).passes(Decimal(1))
    assert CheckPoint(name="label is on").passes(Decimal(1))
    assert not CheckPoint(name="label is on").passes(Decimal(0))


def test_an_invoice_line_is_whole_cents():
    line = InvoiceDraftLine(
        text="bolts", quantity=pcs("3"), unit_price=EUR("0.3333"), tax_rate=Decimal("25.5")
    )

    assert line.net == EUR("1.00")


def test_postings_balance_or_do_not():
    sold = [
        posting(AccountKind.COST_OF_SALES, debit="81.17"),
        posting(AccountKind.STOCK, credit="81.17"),
    ]

    assert is_balanced(sold)
    assert not is_balanced(sold[:1])
    assert not is_balanced([sold[0], posting(AccountKind.STOCK, credit="81.17", currency="SEK")])
    assert balance(sold, AccountKind.COST_OF_SALES) == EUR("81.17")
    assert balance(sold, AccountKind.STOCK) == EUR("-81.17")
    assert balance(sold, AccountKind.BANK) == EUR(0)


def test_a_posting_has_one_side_and_one_currency():
    with pytest.raises(ValidationError, match="make it two"):
        posting(AccountKind.STOCK, debit="1", credit="1")
    with pytest.raises(ValidationError, match="two currencies"):
        Posting.model_validate(
            posting(AccountKind.STOCK).model_dump() | {"credit": Money.of(1, "SEK").model_dump()}
        )


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"subject": "hello"}, "an sms is its text alone"),
        ({"in_reply_to": "<1@x>"}, "an sms is its text alone"),
        ({"to": ("0401234567",)}, "'0401234567' is no number"),
        ({"to": ("+35840 123",)}, "is no number"),
        ({"to": ()}, "at least 1 item"),
    ],
)
def test_an_sms_is_a_text_to_numbers(wrong, sentence):
    assert sms().text == "hello"
    with pytest.raises(ValidationError, match=sentence):
        sms(**wrong)
