"""Ids by code: how the parts of the seed find each other's records."""

from tasks.adapters.tryton.connection import Domain, Tryton


def ids_by(tryton: Tryton, model: str, field: str, domain: Domain = ()) -> dict[str, int]:
    """Return the ids of all records of a model, by what they have in this field."""
    found = tryton.search_read(model, domain, [field])
    return {row[field]: row["id"] for row in found if row[field]}


def the_company(tryton: Tryton) -> int:
    """Return the id of the company."""
    return int(tryton.only("company.company", [])["id"])


def the_currency(tryton: Tryton) -> int:
    """Return the id of the currency that the company sells in."""
    return int(tryton.only("currency.currency", [("code", "=", "EUR")])["id"])


def units(tryton: Tryton) -> dict[str, int]:
    """Return the ids of our units by their codes."""
    return ids_by(tryton, "product.uom", "symbol", [("category.name", "like", "Our %")])
