"""The sample company: its files agree with each other."""

from collections import Counter

from tasks.adapters.embedded.company_files import rows


def column(file, name):
    return {row[name] for row in rows(file)}


def test_the_company_is_large_enough_to_be_believed():
    sizes = {name: len(rows(name)) for name in ("products", "customers", "people", "price_lists")}

    assert sizes["products"] >= 300
    assert sizes["customers"] >= 40
    assert sizes["people"] >= 6
    assert sizes["price_lists"] >= 3


def test_products_have_codes_and_names_of_their_own():
    for name in ("code", "name"):
        assert Counter(row[name] for row in rows("products")).most_common(1)[0][1] == 1


def test_what_one_file_names_another_defines():
    assert column("products", "unit") <= column("units", "code")
    assert column("products", "tax") <= column("taxes", "code")
    assert column("customers", "salesperson") <= column("people", "code") | {""}
    assert column("customers", "price_list") <= column("price_lists", "code") | {""}
    assert column("price_rules", "price_list") == column("price_lists", "code")
    assert column("price_rules", "product") <= column("products", "code") | {""}
    assert column("price_rules", "category") <= column("products", "category") | {""}


def test_every_price_list_has_quantity_breaks_and_no_rule_raises_a_price():
    by_list = Counter(row["price_list"] for row in rows("price_rules") if row["min_quantity"] > 1)
    list_prices = {row["code"]: row["list_price"] for row in rows("products")}

    assert set(by_list) == column("price_lists", "code")
    for rule in rows("price_rules"):
        assert (rule["discount"] is None) != (rule["unit_price"] is None)
        assert rule["unit_price"] is None or rule["unit_price"] < list_prices[rule["product"]]
        assert rule["discount"] is None or 0 <= rule["discount"] < 100


def test_addresses_lie_in_their_customer_s_domain_and_no_domain_exists():
    for row in rows("customers"):
        assert all(email.partition("@")[2] in row["domains"] for email in row["emails"])
        assert all(domain.endswith(".example") for domain in row["domains"])
