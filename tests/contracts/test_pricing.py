"""PricingService: the customer's list, by product, category and quantity."""

import datetime as dt
from decimal import Decimal

import pytest

from tasks.erp_errors import NotFound, Rejected
from tasks.values import Money, Quantity, Wanted

TODAY = dt.date(2026, 11, 20)
PROJECT, KEY, NO_LIST = "Lahden Konepaja Oy", "Kymen Kartonki Oyj", "Tunturin Majatalo"


@pytest.fixture
def price(real_erp):
    def ask(buyer, code, amount="1", unit=None):
        product = real_erp.products.by_codes([code])[code]
        quantity = Quantity(amount=Decimal(amount), unit=unit or product.unit)
        wanted = Wanted(product=product.id, quantity=quantity)
        customer = real_erp.customers.by_name(buyer)[0]
        return real_erp.pricing.prices(customer.id, [wanted], TODAY)[0]

    return ask


def test_a_list_holds_for_less_than_one_too(price):
    assert price(PROJECT, "MMJ-3X25", "0.2").unit_price == Money.of("1.09")
    assert price(PROJECT, "MMJ-5X15", "0.2").unit_price == price(PROJECT, "MMJ-5X15").unit_price


def test_without_a_price_list_the_list_price_holds(price):
    found = price(NO_LIST, "HB-M8X40-A2", "5000")

    assert found.unit_price == found.list_price == Money.of("0.51")


@pytest.mark.parametrize(
    ("amount", "unit_price"),
    [("1", "0.4182"), ("199", "0.4182"), ("200", "0.3774"), ("2000", "0.3366")],
)
def test_a_category_is_cheaper_by_the_quantity(price, amount, unit_price):
    assert price(PROJECT, "HB-M8X40-A2", amount).unit_price == Money.of(unit_price)


@pytest.mark.parametrize(
    ("amount", "unit_price"), [("999", "0.36"), ("1000", "0.3125"), ("10000", "0.2875")]
)
def test_a_price_agreed_for_a_product_goes_before_its_category(price, amount, unit_price):
    assert price(KEY, "HB-M8X40-A2", amount).unit_price == Money.of(unit_price)


def test_what_no_category_names_has_the_general_discount(price):
    assert price(PROJECT, "COFFEE-500").unit_price == Money.of("6.21")  # 6.90 less 10 %


def test_a_price_says_its_tax(price):
    assert price(PROJECT, "COFFEE-500").tax_rate == Decimal("13.5")
    assert price(PROJECT, "HB-M8X40-A2").tax_rate == Decimal("25.5")


def test_a_line_comes_to_whole_cents(price):
    assert price(PROJECT, "HB-M8X40-A2", "250").net == Money.of("94.35")


def test_prices_come_in_the_order_they_were_asked_for(real_erp):
    products = list(real_erp.products.by_codes(["MMJ-3X25", "BK-SAFE", "GR-EP2"]).values())
    wanted = [
        Wanted(product=p.id, quantity=Quantity(amount=Decimal(2), unit=p.unit)) for p in products
    ]
    customer = real_erp.customers.by_name(KEY)[0]

    for asked in (wanted, wanted[::-1]):
        found = real_erp.pricing.prices(customer.id, asked, TODAY)
        assert [price.product for price in found] == [item.product for item in asked]


@pytest.mark.parametrize("amount", ["0", "-1", "1.5", "1e9"])
def test_a_quantity_that_cannot_be_sold_is_refused(price, amount):
    with pytest.raises(Rejected, match="cannot be sold"):
        price(PROJECT, "HB-M8X40-A2", amount)


def test_metres_may_have_a_decimal_and_not_two(price):
    assert price(PROJECT, "MMJ-3X25", "2.50").net == Money.of("2.72")  # 2.725, to the even cent

    with pytest.raises(Rejected, match="at most 1 decimals"):
        price(PROJECT, "MMJ-3X25", "2.55")


def test_another_unit_is_refused_not_converted(price):
    with pytest.raises(Rejected, match="sold by the pcs, not by the 'box'"):
        price(PROJECT, "HB-M8X40-A2", "1", "box")


def test_unknown_customers_and_products_have_no_price(real_erp):
    product = real_erp.products.catalogue(limit=1)[0]
    one = Wanted(product=product.id, quantity=Quantity(amount=Decimal(1), unit=product.unit))
    customer = real_erp.customers.by_name(KEY)[0].id

    with pytest.raises(NotFound, match="'customer:999999'"):
        real_erp.pricing.prices("customer:999999", [one], TODAY)
    with pytest.raises(NotFound, match="'product:999999'"):
        real_erp.pricing.prices(
            customer, [one.model_copy(update={"product": "product:999999"})], TODAY
        )
