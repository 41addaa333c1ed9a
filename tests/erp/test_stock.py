"""The stock on Tryton: what is left half-way goes on, and people work beside us."""

import datetime as dt
from contextlib import closing
from decimal import Decimal

import pytest

from tasks.accounting import AccountKind, balance
from tasks.adapters import ERPFactory
from tasks.billing.contracts import OfferDraftLine
from tasks.erp_errors import NotFound, Rejected, Unavailable
from tasks.inventory.contracts import DeliveryState, ProcurementState
from tasks.values import Money, Quantity
from tests.erp.cutting import cut_off

pytestmark = pytest.mark.timeout(300)  # the first test starts a server

TODAY = dt.datetime.now(dt.UTC).date()
DUE = TODAY + dt.timedelta(days=20)
BOLTS, CABLE = "HB-M8X40-A2", "RUB-3X25"


@pytest.fixture
def erp(company, home, monkeypatch):
    monkeypatch.setenv("ORCHESTRATOR_HOME", str(home))
    with closing(ERPFactory(url=company.erp_url).connect()) as erp:
        yield erp


def product(erp, code):
    return erp.products.by_codes([code])[code]


def ordered(erp, key, code=BOLTS, amount="10"):
    """Return the delivery of an ordered offer."""
    found = product(erp, code)
    quantity = Quantity(amount=Decimal(amount), unit=found.unit)
    line = OfferDraftLine(product=found.id, quantity=quantity, unit_price=Money.of(1))
    offer = erp.offers.create(key, erp.customers.by_name("Lahden Konepaja")[0].id, [line])
    erp.offers.order(erp.offers.send(offer.id).id)
    (delivery,) = erp.stock_moves.deliveries(offer.id)
    return delivery


def requested(erp, key, amount="100"):
    found = product(erp, CABLE)
    quantity = Quantity(amount=Decimal(amount), unit=found.unit)
    return erp.procurement.request(key, found.id, quantity, due=DUE)


def number_in(record):
    return int(record.partition(":")[2])


def test_the_opening_count_is_what_the_shelves_are_worth(company, erp, tryton):
    company.reset()  # the other tests take from the shelves
    (entry,) = tryton.search_read(
        "account.move",
        [("description", "=", "What there was on the first day")],
        ["lines.debit", "lines.account.code"],
    )
    stock = next(line for line in entry["lines."] if line["account."]["code"] == "1.3.1")
    ids = [product.id for product in erp.products.catalogue(limit=10_000)]

    assert stock["debit"] == sum(money.amount for money in erp.stock_moves.worth(ids).values())


@pytest.mark.parametrize("end", ["out.pack", "out.do"])
def test_a_delivery_that_was_left_half_way_is_sent_on(erp, end):
    delivery = ordered(erp, f"left before {end}").id
    erp.stock_moves.reserve(delivery)
    before = erp.stock.on_hand([product(erp, BOLTS).id])
    with cut_off(end), pytest.raises(Unavailable):
        erp.stock_moves.ship(delivery)

    assert erp.stock_moves.get(delivery).state == DeliveryState.RESERVED
    assert erp.stock_moves.postings(delivery) == []
    assert erp.stock.on_hand([product(erp, BOLTS).id]) == before
    with pytest.raises(Rejected, match="on its way out"):
        erp.stock_moves.release(delivery)

    assert erp.stock_moves.ship(delivery).state == DeliveryState.SHIPPED
    cost = balance(erp.stock_moves.postings(delivery), AccountKind.COST_OF_SALES)
    assert cost == Money.of("3.06")


@pytest.mark.parametrize(
    "end", ["purchase.quote", "purchase.confirm", "in.create", "in.receive", "in.do"]
)
def test_a_receipt_that_was_left_half_way_goes_on(erp, tryton, end):
    request = requested(erp, f"left before {end}")
    before = erp.stock.on_hand([request.product])[request.product]
    with cut_off(end), pytest.raises(Unavailable):
        erp.procurement.receive(request.id)

    assert erp.procurement.receive(request.id).state == ProcurementState.RECEIVED
    assert erp.procurement.receive(request.id).due == DUE
    assert erp.stock.on_hand([request.product])[request.product] == before + 100
    purchase = tryton.get("purchase.line", number_in(request.id), ["moves.shipment"])
    assert len({move["shipment"] for move in purchase["moves."]}) == 1


def test_what_the_supplier_knows_is_not_taken_back(erp, tryton):
    request = requested(erp, "ordered")
    purchase = tryton.get("purchase.line", number_in(request.id), ["purchase"])["purchase"]
    for button in ("quote", "confirm"):
        tryton.press("purchase.purchase", button, [purchase])

    found = erp.procurement.get(request.id)

    assert (found.state, found.due) == (ProcurementState.ORDERED, DUE)
    assert found.id in [open_one.id for open_one in erp.procurement.open_requests()]
    with pytest.raises(Rejected, match="the supplier knows"):
        erp.procurement.cancel(request.id)


def test_a_line_among_others_is_not_cancelled_with_them(erp, tryton):
    request = requested(erp, "one of two")
    fields = ["purchase", "product", "unit"]
    line = tryton.get("purchase.line", number_in(request.id), fields)
    # As people do, or Tryton's own planning.
    second = {"type": "line", "quantity": 5.0, "unit_price": Decimal(1)}
    (other,) = tryton.create("purchase.line", [{**{f: line[f] for f in fields}, **second}])

    with pytest.raises(Rejected, match="shares its purchase"):
        erp.procurement.cancel(request.id)

    assert f"procurement_request:{other}" in [r.id for r in erp.procurement.open_requests()]


def test_what_should_have_moved_before_today_is_still_expected(erp, tryton):
    delivery = ordered(erp, "late")
    bolts = product(erp, BOLTS).id
    forecast = erp.stock_moves.forecast([bolts], TODAY)
    shipment = number_in(delivery.id)

    late = TODAY - dt.timedelta(days=3)
    tryton.write("stock.shipment.out", [shipment], {"planned_date": late})

    assert erp.stock_moves.get(delivery.id).planned == late
    assert erp.stock_moves.forecast([bolts], TODAY) == forecast


def test_what_people_send_without_an_order_is_no_delivery_but_is_gone(erp, tryton, party):
    bolts = product(erp, BOLTS).id
    before = erp.stock.free([bolts])[bolts]
    places = {
        row["type"]: row["id"]
        for row in tryton.search_read("stock.location", [], ["type"])
        if row["type"] in ("warehouse", "customer")
    }
    output = tryton.only("stock.location", [("code", "=", "OUT")])["id"]
    storage = tryton.only("stock.location", [("code", "=", "STO")])["id"]
    address = tryton.create("party.address", [{"party": party, "city": "Oulu"}])[0]
    move = {
        "product": number_in(bolts),
        "quantity": 7.0,
        "unit": tryton.get("product.product", number_in(bolts), ["default_uom"])["default_uom"],
        "from_location": output,
        "to_location": places["customer"],
        "unit_price": Decimal(1),
        "currency": tryton.only("currency.currency", [])["id"],
    }
    (sent,) = tryton.create(
        "stock.shipment.out",
        [
            {
                "customer": party,
                "delivery_address": address,
                "warehouse": places["warehouse"],
                "warehouse_storage": storage,
                "warehouse_output": output,
                "outgoing_moves": [("create", [move])],
            }
        ],
    )

    with pytest.raises(NotFound):
        erp.stock_moves.get(f"delivery:{sent}")
    assert erp.stock.free([bolts])[bolts] == before - 7
