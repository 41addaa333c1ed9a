"""What Tryton's own client does before it creates a record, so that nothing is missing in it.

`create` computes nothing: a sale's line has no price and no tax unless they are sent. A form asks
for the defaults, fills fields in, and asks after each what follows from it.

    sale = defaults(tryton, "sale.sale", ["currency", "warehouse"])
    sale |= after_change(tryton, "sale.sale", {**sale, "party": 7}, ["party"])
"""

from collections.abc import Sequence
from typing import Any

from tasks.adapters.tryton.connection import Tryton
from tasks.adapters.tryton.wire import Record

#: how an answer says what is to be done with the records under a field
_STEPS = frozenset({"add", "remove", "update", "delete"})


def defaults(tryton: Tryton, model: str, fields: Sequence[str]) -> Record:
    """Return what these fields of a new record begin with."""
    return writable(tryton.call(f"model.{model}.default_get", list(fields), False))


def after_change(tryton: Tryton, model: str, values: Record, changed: Sequence[str]) -> Record:
    """Return the values of a form after these fields were filled in, as `create` takes them."""
    answer = tryton.call(f"model.{model}.on_change", values, list(changed))
    return {**values, **writable(answer)}


def writable(answer: Record) -> Record:
    """Return what `create` takes, of what defaults or a change answer.

    Names for people, such as `party.`, are left out, and records under a field become orders
    to create or to add them. What a model computes is still there: the caller knows those.
    """
    kept: Record = {}
    for name, value in answer.items():
        if name.endswith(".") or name == "id" or value is None:
            continue
        found = _orders(value) if isinstance(value, dict) and value.keys() & _STEPS else value
        if found is not None:
            kept[name] = found
    return kept


def _orders(steps: dict[str, Any]) -> list[tuple[str, Any]] | None:
    """Return the orders for the records that a change has added; None where it added none."""
    records = [record for _, record in steps.get("add") or ()]
    if not records:
        return None
    if all(set(record) == {"id"} for record in records):
        return [("add", [record["id"] for record in records])]
    return [("create", [writable(record) for record in records])]
