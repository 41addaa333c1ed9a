"""What several processes do to one shelf in the race tests; spawned, so it lives in a module."""

from contextlib import closing
from decimal import Decimal

from tasks.adapters import ERP, ERPFactory
from tasks.billing.contracts import OfferDraftLine
from tasks.erp_errors import Rejected
from tasks.inventory.contracts import DeliveryState
from tasks.values import Money, Quantity
from tests.contracts.racing import patiently

#: two products of which there is little, in whichever order they are asked for
CODES = ("ENC-24", "ENC-36")


def order(erp: ERP, key: str, amounts: tuple[str, ...]) -> str:
    """Order an amount of each of the two products; return the delivery's id."""
    known = erp.products.by_codes(CODES)
    lines = [
        OfferDraftLine(
            product=known[code].id,
            quantity=Quantity(amount=Decimal(amount), unit=known[code].unit),
            unit_price=Money.of("1.00"),
        )
        for code, amount in zip(CODES, amounts, strict=True)
    ]
    offer = erp.offers.create(key, erp.customers.by_name("Lahden")[0].id, lines)
    erp.offers.send(offer.id)
    return erp.stock_moves.deliveries(erp.offers.order(offer.id).id)[0].id


def reserve(racer: int, url: str, deliveries: list[str]) -> list[Decimal]:
    """Reserve one delivery; return how much of each product it got."""
    with closing(ERPFactory(url=url).connect()) as erp:
        parts = patiently(erp.stock_moves.reserve, deliveries[racer]).reserved
        got = {part.product: part.quantity.amount for part in parts}
        return [got.get(erp.products.by_codes([c])[c].id, Decimal(0)) for c in CODES]


def ship(_racer: int, url: str, delivery: str) -> str:
    """Ship a delivery that everybody ships; return its state."""
    with closing(ERPFactory(url=url).connect()) as erp:
        return patiently(erp.stock_moves.ship, delivery).state


def storm(racer: int, url: str, rounds: int) -> int:
    """Order, reserve, give back and ship for a while; return how many deliveries were shipped."""
    shipped = 0
    with closing(ERPFactory(url=url).connect()) as erp:
        moves = erp.stock_moves
        for turn in range(rounds):
            amounts = (str(1 + turn % 3), str(1 + racer % 2))
            delivery = patiently(order, erp, f"{racer}-{turn}", amounts)
            patiently(moves.reserve, delivery)
            if turn % 4 == 0:
                patiently(moves.release, delivery)
            try:
                shipped += patiently(moves.ship, delivery).state == DeliveryState.SHIPPED
            except Rejected:
                patiently(moves.release, delivery)
    return shipped
