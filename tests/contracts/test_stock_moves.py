"""StockMoves: the deliveries of what was ordered, and what they do to shelf and books."""

import datetime as dt
from decimal import Decimal

import pytest

from tasks.accounting import AccountKind, balance, is_balanced
from tasks.billing.contracts import OfferDraftLine
from tasks.erp_errors import NotFound, Rejected
from tasks.inventory.contracts import Delivery, DeliveryState, Reservation
from tasks.values import Money, Quantity

#: on hand in the sample company
BOLTS, CABLE = "HB-M8X40-A2", "CAT6-UTP"


@pytest.fixture
def product(real_erp):
    """`product(code)`: its id."""
    return lambda code: real_erp.products.by_codes([code])[code].id


@pytest.fixture
def offered(real_erp):
    """`offered(key, (code, amount), …)`: a draft offer."""

    def offer(key, *wanted):
        known = real_erp.products.by_codes([code for code, _ in wanted])
        lines = [
            OfferDraftLine(
                product=known[code].id,
                quantity=Quantity(amount=Decimal(amount), unit=known[code].unit),
                unit_price=Money.of("1.00"),
            )
            for code, amount in wanted
        ]
        customer = real_erp.customers.by_name("Lahden Konepaja Oy")[0]
        return real_erp.offers.create(key, customer.id, lines)

    return offer


@pytest.fixture
def ordered(real_erp, offered):
    """`ordered(key, (code, amount), …)`: the delivery of an ordered offer."""

    def order(key, *wanted):
        offer = offered(key, *wanted)
        real_erp.offers.send(offer.id)
        real_erp.offers.order(offer.id)
        (delivery,) = real_erp.stock_moves.deliveries(offer.id)
        return delivery

    return order


@pytest.fixture
def moves(real_erp):
    return real_erp.stock_moves


def told(parts):
    return {wanted.product: wanted.quantity.amount for wanted in parts}


def test_an_ordered_offer_has_a_delivery_of_its_lines(real_erp, ordered, product):
    delivery = ordered("mail-1", (BOLTS, "10"), (CABLE, "20.5"))

    offer = real_erp.offers.get(delivery.order)
    assert (delivery.state, delivery.customer) == (DeliveryState.WAITING, offer.customer)
    assert told(delivery.lines) == {product(BOLTS): Decimal(10), product(CABLE): Decimal("20.5")}
    assert delivery.number


def test_an_offer_that_is_not_ordered_has_none(real_erp, moves, offered):
    offer = offered("mail-1", (BOLTS, "10"))

    assert moves.deliveries(offer.id) == []
    real_erp.offers.send(offer.id)
    assert moves.deliveries(offer.id) == []


def test_an_order_said_twice_is_delivered_once(real_erp, moves, ordered):
    delivery = ordered("mail-1", (BOLTS, "10"))

    real_erp.offers.order(delivery.order)

    assert moves.deliveries(delivery.order) == [delivery]


def test_a_delivery_is_read_back_and_travels_as_json(moves, ordered):
    delivery = ordered("mail-1", (BOLTS, "10"))

    assert moves.get(delivery.id) == delivery
    assert Delivery.model_validate_json(delivery.model_dump_json()) == delivery


def test_ids_that_nothing_has_are_said_back(moves):
    with pytest.raises(NotFound, match="'offer:999999'"):
        moves.deliveries("offer:999999")
    for verb in (moves.get, moves.reserve, moves.release, moves.ship, moves.postings):
        with pytest.raises(NotFound, match="'delivery:999999'"):
            verb("delivery:999999")


def test_a_delivery_is_reserved_when_all_of_it_is_there(moves, ordered, product):
    delivery = ordered("mail-1", (BOLTS, "3422"), (CABLE, "0.5"))

    reservation = moves.reserve(delivery.id)

    assert (reservation.document, reservation.complete) == (delivery.id, True)
    assert told(reservation.reserved) == {product(BOLTS): 3422, product(CABLE): Decimal("0.5")}
    assert moves.get(delivery.id).state == DeliveryState.RESERVED
    assert Reservation.model_validate_json(reservation.model_dump_json()) == reservation


def test_lines_of_one_product_are_reserved_together(moves, ordered, product):
    delivery = ordered("mail-1", (BOLTS, "3000"), (BOLTS, "1000"))

    reservation = moves.reserve(delivery.id)

    assert told(reservation.reserved) == {product(BOLTS): 3422}
    assert told(reservation.missing) == {product(BOLTS): 578}


def test_a_delivery_that_gets_a_part_keeps_it_and_waits(moves, ordered, product):
    first, second = ordered("mail-1", (BOLTS, "3000")), ordered("mail-2", (BOLTS, "500"))
    moves.reserve(first.id)

    reservation = moves.reserve(second.id)

    assert not reservation.complete
    assert told(reservation.reserved) == {product(BOLTS): 422}
    assert told(reservation.missing) == {product(BOLTS): 78}
    assert moves.get(second.id).state == DeliveryState.WAITING
    with pytest.raises(Rejected, match="waiting"):
        moves.ship(second.id)


def test_what_one_gives_back_another_gets(moves, ordered):
    first, second = ordered("mail-1", (BOLTS, "3000")), ordered("mail-2", (BOLTS, "500"))
    moves.reserve(first.id)
    moves.reserve(second.id)

    assert moves.release(first.id).state == DeliveryState.WAITING

    assert moves.reserve(second.id).complete
    assert moves.get(second.id).state == DeliveryState.RESERVED


def test_reserving_and_releasing_twice_change_nothing(moves, ordered):
    delivery = ordered("mail-1", (BOLTS, "10"))

    assert moves.reserve(delivery.id) == moves.reserve(delivery.id)
    assert moves.release(delivery.id) == moves.release(delivery.id)


def test_a_shipped_delivery_is_off_the_shelf_and_posted_at_its_cost(
    real_erp, moves, ordered, product
):
    delivery = ordered("mail-1", (BOLTS, "1000"))
    before = moves.worth([product(BOLTS)])[product(BOLTS)]
    moves.reserve(delivery.id)

    shipped = moves.ship(delivery.id)

    assert shipped == moves.get(delivery.id)
    assert shipped.state == DeliveryState.SHIPPED
    assert real_erp.stock.on_hand([product(BOLTS)]) == {product(BOLTS): Decimal(2422)}
    postings = moves.postings(delivery.id)
    cost = before - moves.worth([product(BOLTS)])[product(BOLTS)]
    assert cost.amount > 0
    assert balance(postings, AccountKind.COST_OF_SALES) == cost
    assert balance(postings, AccountKind.STOCK) == Money.of("0.00") - cost
    assert is_balanced(postings)
    assert {posting.document for posting in postings} == {delivery.id}


def test_a_shipped_delivery_stays_so_and_is_not_reserved_again(moves, ordered):
    delivery = ordered("mail-1", (BOLTS, "10"))
    moves.reserve(delivery.id)

    shipped = moves.ship(delivery.id)

    assert moves.ship(delivery.id) == shipped
    assert len(moves.postings(delivery.id)) == 2
    for verb in (moves.reserve, moves.release):
        with pytest.raises(Rejected, match="shipped"):
            verb(delivery.id)


def test_nothing_is_posted_before_it_is_shipped(moves, ordered):
    delivery = ordered("mail-1", (BOLTS, "10"))
    moves.reserve(delivery.id)

    assert moves.postings(delivery.id) == []


def test_what_is_promised_is_not_free_whether_it_is_put_aside_or_not(
    real_erp, moves, ordered, product
):
    bolts = product(BOLTS)
    first = ordered("mail-1", (BOLTS, "3000"))
    ordered("mail-2", (BOLTS, "1000"))
    moves.reserve(first.id)

    assert real_erp.stock.free([bolts]) == {bolts: Decimal(-578)}
    assert real_erp.stock.on_hand([bolts]) == {bolts: Decimal(3422)}

    moves.ship(first.id)

    assert real_erp.stock.free([bolts]) == {bolts: Decimal(-578)}
    assert real_erp.stock.on_hand([bolts]) == {bolts: Decimal(422)}


def test_the_forecast_takes_off_what_is_to_be_delivered_until_that_day(moves, ordered, product):
    bolts = product(BOLTS)
    delivery = ordered("mail-1", (BOLTS, "1000"))
    day = delivery.planned

    assert moves.forecast([bolts], day - dt.timedelta(days=1)) == {bolts: Decimal(3422)}
    assert moves.forecast([bolts], day) == {bolts: Decimal(2422)}

    moves.reserve(delivery.id)
    moves.ship(delivery.id)

    assert moves.forecast([bolts], day) == {bolts: Decimal(2422)}


def test_unknown_products_have_no_stock_and_no_worth(moves, product):
    nothing = "product:999999"

    assert moves.forecast([nothing], dt.date(2026, 1, 1)) == {nothing: Decimal(0)}
    assert moves.worth([nothing, product(BOLTS)])[nothing] == Money.of("0.00")
