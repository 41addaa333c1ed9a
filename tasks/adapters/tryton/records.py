"""Records as Tryton answers them, with what they refer to.

Asked for `party.name`, it answers `{"party.": {"name": "Acme Oy", "id": 7}}`, and a list of such
records where a record refers to many. A map wants `party.name` in one place.
"""

from collections.abc import Sequence
from typing import Any, TypeVar

from tasks.adapters.field_map import FieldMap
from tasks.adapters.ids import no_such, number_of
from tasks.adapters.tryton.connection import Tryton
from tasks.adapters.tryton.wire import Record
from tasks.values import Id, Value

V = TypeVar("V", bound=Value)


def at(record: Record, path: str) -> Any:
    """Return what a record has under a path.

    >>> at({"party.": {"name": "Acme Oy"}}, "party.name")
    'Acme Oy'
    >>> at({"party.": None}, "party.name") is None
    True
    """
    name, dot, rest = path.partition(".")
    if not dot:
        return record[name]
    inner = record[f"{name}."]
    if isinstance(inner, Sequence):
        return [at(one, rest) for one in inner]
    return None if inner is None else at(inner, rest)


def read(fields: FieldMap[V], record: Record, **more: Any) -> V:
    """Return the value that a record says.

    Args:
        fields: whose `asked` fields the record has.
        record: as Tryton answered it.
        more: our fields that the map leaves out.
    """
    return fields.read({path: at(record, path) for path in fields.asked}, **more)


def existing(tryton: Tryton, model: str, kind: str, record: Id) -> int:
    """Return the number of a record that there is.

    Args:
        model: Tryton's, such as `party.party`.
        kind: ours, such as `customer`.

    Raises:
        NotFound: it is no id of this kind, or nothing has it.
    """
    number = number_of(kind, record)
    if not tryton.count(model, [("id", "=", number)]):
        raise no_such(kind, record)
    return number


def pattern(text: str) -> str:
    r"""Return what `ilike` takes for this very text, in any case.

    >>> print(pattern("50 %"))
    50 \%
    """
    return "".join(f"\\{c}" if c in "\\%_" else c for c in text)
