"""ProductRepository and StockLedger."""

from decimal import Decimal

import pytest

from tasks.erp_errors import NotFound


def test_codes_find_their_products_and_leave_out_the_unknown(erp):
    found = erp.products.by_codes(["HB-M8X40-A2", "NO-SUCH", "HB-M8X50-A2"])

    assert {code: product.name for code, product in found.items()} == {
        "HB-M8X40-A2": "Hex bolt M8x40 A2 stainless",
        "HB-M8X50-A2": "Hex bolt M8x50 A2 stainless",
    }


def test_a_product_is_found_again_by_its_id(erp):
    product = erp.products.by_codes(["LT8-1200-40"])["LT8-1200-40"]

    assert erp.products.get(product.id) == product
    assert product.unit == "pcs"


def test_an_id_that_no_product_has_is_said_back(erp):
    with pytest.raises(NotFound, match="'product:999999'"):
        erp.products.get("product:999999")


def test_pages_of_the_catalogue_are_the_catalogue(erp):
    whole = erp.products.catalogue(limit=10_000)

    paged, page = [], erp.products.catalogue(limit=50)
    while page:
        paged += page
        page = erp.products.catalogue(after=page[-1].code, limit=50)

    assert paged == whole
    assert [p.code for p in whole] == sorted(p.code for p in whole)


def test_the_catalogue_keeps_its_version_while_nothing_changes(erp):
    assert erp.products.catalogue_version() == erp.products.catalogue_version()


def test_stock_is_told_for_what_is_asked(erp):
    product = erp.products.by_codes(["CAT6-UTP"])["CAT6-UTP"].id

    assert erp.stock.on_hand([product, "product:999999"]) == {
        product: Decimal(6100),
        "product:999999": Decimal(0),
    }


def test_an_order_promises_stock_and_an_offer_does_not(embedded, offer_of):
    offer = offer_of("CAT6-UTP", "100.5")
    product = offer.lines[0].product

    embedded.offers.send(offer.id)
    before = embedded.stock.free([product])
    embedded.offers.order(offer.id)

    assert before == {product: Decimal(6100)}
    assert embedded.stock.free([product]) == {product: Decimal("5999.5")}
    assert embedded.stock.on_hand([product]) == {product: Decimal(6100)}
