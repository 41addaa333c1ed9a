"""Where an ERP keeps the fields of our values, said once for both ways.

    CUSTOMERS = FieldMap(
        Customer,
        "party.party",
        reference("id", "customer"),
        Field("code"),
        Field("quantity.unit", "unit.symbol"),
    )

An adapter lists its maps in `FIELD_MAPS`, and the suite takes values of every kind through each
and back. What a map leaves out, such as the lines of an offer, is a record of its own with a map
of its own.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

from tasks.adapters.ids import id_of, number_of
from tasks.values import Id, Value

V = TypeVar("V", bound=Value)

#: what an ERP keeps of a thing, by its own names
Record = Mapping[Any, Any]


def as_it_is(value: Any) -> Any:
    """Return the value: both sides have the same words for it."""
    return value


@dataclass(frozen=True)
class Field:
    """A field of ours, and where the ERP keeps it.

    Attributes:
        ours: its name; a dot leads into a value, `unit_price.amount`.
        theirs: the ERP's name for it; the same as ours when empty.
        read: makes ours of theirs.
        write: makes theirs of ours.
    """

    ours: str
    theirs: str = ""
    read: Callable[[Any], Any] = as_it_is
    write: Callable[[Any], Any] = as_it_is

    @property
    def kept_as(self) -> str:
        """The ERP's name for it."""
        return self.theirs or self.ours


def reference(ours: str, kind: str, theirs: str = "id") -> Field:
    """Return a field with the id of a record of a kind; where it is of none, so is theirs."""
    return Field(ours, theirs, read=partial(_id, kind), write=partial(_number, kind))


class FieldMap(Generic[V]):
    """The fields of one kind of value.

    Args:
        value: the kind.
        record: the ERP's name for such records: a table, a model.
        fields: each that the record keeps.
    """

    def __init__(self, value: type[V], record: str, *fields: Field) -> None:
        self.value = value
        self.record = record
        self.fields = fields

    @property
    def asked(self) -> list[str]:
        """The ERP's fields, as a query asks for them."""
        return list(dict.fromkeys(field.kept_as for field in self.fields))

    def read(self, record: Record, **more: Any) -> V:
        """Return the value that a record says.

        Args:
            record: with the fields that are `asked`.
            more: our fields that the map leaves out.

        Raises:
            pydantic.ValidationError: the record says what our value cannot be.
        """
        found: dict[str, Any] = dict(more)
        for field in self.fields:
            *into, name = field.ours.split(".")
            place = found
            for part in into:
                place = place.setdefault(part, {})
            place[name] = field.read(record[field.kept_as])
        return self.value.model_validate(found)

    def write(self, value: V) -> dict[str, Any]:
        """Return what a record of this value keeps, by the ERP's names."""
        kept: dict[str, Any] = {}
        for field in self.fields:
            found: Any = value
            for part in field.ours.split("."):
                found = getattr(found, part)
            kept[field.kept_as] = field.write(found)
        return kept


def _id(kind: str, number: int | None) -> Id | None:
    return None if number is None else id_of(kind, number)


def _number(kind: str, record: Id | None) -> int | None:
    return number_of(kind, record) if record else None
